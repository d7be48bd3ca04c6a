"""What a benchmark ran on, and the options that all of them have."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from optimized_kernels.measurement.environment import machine


def _file_to_write(text: str) -> Path:
    """A file that can be there after an hour of measuring; that it cannot is said before."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder, expected the name of a file")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{path.parent} is no folder")
    return path


def arguments(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with the common options of ``python -m scripts.benchmarks.<name>``."""
    parser = argparse.ArgumentParser(prog=f"python -m scripts.benchmarks.{name}", description=description)
    parser.add_argument("--seed", type=int, default=1, help="of everything drawn at random")
    parser.add_argument("--lanes", type=int, default=1, help="measurements side by side, two cores each")
    parser.add_argument("--out", type=_file_to_write, help="file for the raw results, JSON")
    parser.add_argument("--quick", action="store_true", help="a smoke run: its figures mean nothing")
    return parser


def facts() -> dict[str, str]:
    """Machine, versions and the command, for the head of a table and for its raw results."""
    try:
        mlx = version("mlx")
    except PackageNotFoundError:
        mlx = "none"
    module = getattr(sys.modules["__main__"], "__spec__", None)
    command = f"python -m {module.name}" if module else Path(sys.argv[0]).name
    return {
        **machine(),
        "cores": str(os.cpu_count()),
        "mlx": mlx,
        "command": shlex.join([*command.split(), *sys.argv[1:]]),
    }


def heading(known: dict[str, str]) -> str:
    """One line of Markdown, one of command."""
    versions = f"{known['os']}, Python {known['python']}, MLX {known['mlx']}"
    return f"{known['chip']}, {known['cores']} cores, {versions}\n\n    {known['command']}\n"
