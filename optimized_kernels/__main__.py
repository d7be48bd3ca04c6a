"""``python -m optimized_kernels program.py -- train.py ...``."""

from __future__ import annotations

import sys

from optimized_kernels.integration.script import main

if __name__ == "__main__":
    main(sys.argv[1:])
