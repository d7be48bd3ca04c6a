"""``python -m optimized_kernels.sandbox``: which sandbox is in force here, as a line of JSON."""

from __future__ import annotations

import json

from optimized_kernels.sandbox.probe import strongest


def main() -> None:
    """Prints `mode`, `strong`, `why` and `mend`."""
    print(json.dumps(strongest().facts()))


if __name__ == "__main__":
    main()
