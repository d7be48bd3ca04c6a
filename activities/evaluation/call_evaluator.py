"""Runs a problem's `evaluator.py` on one program and reports what it returned.

    python call_evaluator.py [--early]

stdin: one JSON line `{"folder", "program", "options", "seed"}`, then, started early, a further line once the
device is free: until then nothing of the problem runs. fd 3: a `phase` event, then a `result` event.
What the evaluator prints is its own business: stdout and stderr are never read as a result.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from evaluator_verdict import Result, failure, judge

CHANNEL = 3
TRACEBACK_LENGTH = 4000


class ProblemError(Exception):
    """The problem's folder does not offer what an evaluation needs."""


def load(folder: Path) -> Callable[..., object]:
    """The `evaluate` function of the folder's `evaluator.py`.

    Raises ProblemError where there is none, and whatever the file raises.
    """
    path = folder / "evaluator.py"
    spec = importlib.util.spec_from_file_location("evaluator", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ProblemError("the problem has no evaluator.py")
    sys.path.insert(0, str(folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluator"] = module
    spec.loader.exec_module(module)
    evaluate: object = getattr(module, "evaluate", None)
    if not callable(evaluate):
        raise ProblemError("evaluator.py has no function evaluate(program_path)")
    return evaluate


def get_ready(folder: Path) -> None:
    """Imports what the evaluator takes from the standard library: milliseconds that no device waits for."""
    try:
        tree = ast.parse((folder / "evaluator.py").read_bytes())
        own = {entry.name.split(".")[0] for entry in folder.iterdir()}
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return  # said where it counts
    if own & sys.stdlib_module_names:
        return  # the folder comes first where the evaluator, and what it imports, imports
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            names.append(node.module)
    for name in names:
        if name.split(".")[0] in sys.stdlib_module_names:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def extras(evaluate: Callable[..., object], request: Mapping[str, object]) -> dict[str, object]:
    """`options` and `seed`, where `evaluate` names them as parameters."""
    try:
        names = inspect.signature(evaluate).parameters
    except (TypeError, ValueError):
        return {}  # a callable without a signature takes the path alone
    return {name: request[name] for name in ("options", "seed") if name in names and name in request}


def run(request: Mapping[str, object]) -> Result:
    """Calls the evaluator; whatever it raises is a verdict on the program."""
    try:
        evaluate = load(Path(str(request["folder"])))
        return judge(evaluate(str(request["program"]), **extras(evaluate, request)))
    # The boundary to code that may raise anything, SystemExit included.
    except BaseException as error:  # noqa: BLE001
        lines = traceback.format_exception(error)
        return failure(lines[-1].strip(), {"traceback": "".join(lines)[-TRACEBACK_LENGTH:]})


def main() -> None:
    """Reads the request, runs the evaluator, writes the result, and ends without waiting for its threads."""
    # Moved away, so that a stray write or child of the evaluator does not end up among the events.
    with os.fdopen(os.dup(CHANNEL), "w", encoding="utf-8") as channel:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, CHANNEL)
        request = json.loads(sys.stdin.readline())
        if sys.argv[1:] == ["--early"]:
            get_ready(Path(str(request["folder"])))
            if not sys.stdin.readline():
                sys.exit("nobody waits for the result")
        os.dup2(null, 0)
        channel.write(json.dumps({"event": "phase", "phase": "evaluate"}) + "\n")
        channel.flush()
        result = run(request)
        channel.write(json.dumps({"event": "result", "result": result}) + "\n")
    os._exit(0)


if __name__ == "__main__":
    main()
