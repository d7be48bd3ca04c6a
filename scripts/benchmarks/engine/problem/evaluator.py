"""Sleeps as long as the benchmark says, logs from when to when, and scores the program's constants."""

import contextlib
import fcntl
import json
import re
import time
from collections.abc import Iterator
from typing import Any

# The benchmark writes its own into its copy: an evaluator's environment holds none.
SETTINGS: dict[str, Any] = {
    "seconds": 0.0,
    "log": "",
    "lock": "",
}


@contextlib.contextmanager
def device() -> Iterator[None]:
    """The device for itself alone, where the benchmark asks for a lock."""
    if not SETTINGS["lock"]:
        yield
        return
    with open(SETTINGS["lock"], "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def evaluate(program_path: str) -> dict[str, float]:
    """A score from the constants, after the time that a device would have taken."""
    with open(program_path, encoding="utf-8") as file:
        source = file.read()
    constants = [float(value) for value in re.findall(r"^[U-Z] = (\S+)", source, re.MULTILINE)]
    with device():
        started = time.time()
        if SETTINGS["seconds"] > 0:
            time.sleep(SETTINGS["seconds"])
        ended = time.time()
    if SETTINGS["log"]:
        with open(SETTINGS["log"], "a", encoding="utf-8") as log:
            log.write(json.dumps({"started": started, "ended": ended}) + "\n")
    return {"combined_score": 1.0 / (1.0 + sum((value - 1.0) ** 2 for value in constants))}
