"""An unmodified training script, or a module of one, with a program in its training.

    python -m optimized_kernels [--allow-precision] program.py -- train.py [arguments]
    python -m optimized_kernels [--allow-precision] program.py -- -m package.module [arguments]

The exit code is the script's. 1 where the program is refused, 2 for bad usage: then the script did not run.
"""

from __future__ import annotations

import atexit
import runpy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from optimized_kernels.integration.errors import OptimizationRefused

USAGE = """usage: python -m optimized_kernels [--allow-precision] PROGRAM -- SCRIPT [ARGUMENTS]
       python -m optimized_kernels [--allow-precision] PROGRAM -- -m MODULE [ARGUMENTS]

Runs a training script with PROGRAM's seams in MLX, and says at exit how often they were called."""

NAME = "optimized_kernels"


@dataclass(frozen=True)
class Command:
    """What to run: a script's path or a module's name, with its arguments."""

    program: Path
    target: str
    is_module: bool
    arguments: tuple[str, ...]
    allow_precision: bool = False


class UsageError(Exception):
    """The command line makes no sense; the message says what was expected."""


def parse(arguments: Sequence[str]) -> Command:
    """The command that `arguments` stand for. Raises UsageError; looks at no file."""
    if "--" not in arguments:
        raise UsageError("there is no -- between the program and the script")
    border = arguments.index("--")
    before, after = list(arguments[:border]), list(arguments[border + 1 :])
    allow_precision = before[:1] == ["--allow-precision"]
    before = before[1:] if allow_precision else before
    if len(before) != 1 or before[0].startswith("-"):
        raise UsageError(f"found {' '.join(before) or 'nothing'!r} before --; expected one program")
    is_module = after[:1] == ["-m"]
    if is_module:
        after.pop(0)
    if not after:
        raise UsageError(f"nothing follows {'-m' if is_module else '--'}; expected what to run")
    return Command(Path(before[0]), after[0], is_module, tuple(after[1:]), allow_precision)


def _require_present(command: Command) -> None:
    if not command.program.is_file():
        raise UsageError(f"program {command.program} is not a file")
    if not command.is_module:
        if not Path(command.target).exists():
            raise UsageError(f"script {command.target} does not exist")
        return
    try:
        found = find_spec(command.target) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise UsageError(f"module {command.target} is not found")


def _run(command: Command) -> None:
    sys.argv = [command.target, *command.arguments]
    if command.is_module:
        runpy.run_module(command.target, run_name="__main__", alter_sys=True)
        return
    if not sys.flags.safe_path:
        # ``python -m`` put the working directory there; ``python train.py`` puts the script's folder.
        sys.path[0] = str(Path(command.target).resolve().parent)
    runpy.run_path(command.target, run_name="__main__")


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


def _enable(command: Command) -> None:
    from optimized_kernels.integration.enable import enable_training_optimizations

    try:
        handle = enable_training_optimizations(command.program, allow_precision=command.allow_precision)
    except OptimizationRefused as error:
        _fail(f"{NAME}: {error}", 1)
    handle.warns = False  # said below, for the script as a whole

    def report() -> None:
        counts = "; ".join(
            f"{seam} {count['forward']} forward, {count['backward']} backward"
            for seam, count in handle.calls().items()
        )
        print(f"{NAME}: calls of {command.program}: {counts}", file=sys.stderr)
        if not handle.called():
            print(f"{NAME}: {handle.never_called()}", file=sys.stderr)

    atexit.register(report)


def main(arguments: Sequence[str]) -> None:
    """Runs what `arguments` say. Leaves by SystemExit, or by what the script leaves by."""
    if list(arguments) in (["-h"], ["--help"]):
        print(USAGE)
        return
    try:
        command = parse(arguments)
        _require_present(command)
    except UsageError as error:
        _fail(f"{NAME}: {error}\n{USAGE}", 2)
    _enable(command)
    _run(command)
