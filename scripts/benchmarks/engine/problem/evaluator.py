"""Sleeps as long as the benchmark says, logs from when to when, and scores the program's constants.

OpenEvolve reads the settings from its environment; mlx-evolve's evaluators have none, so there they are
written into a copy of this file.
"""

import fcntl
import json
import os
import re
import time

SETTINGS = {
    "seconds": float(os.environ.get("EVALUATION_SECONDS", "0")),
    "log": os.environ.get("EVALUATION_LOG", ""),
    "lock": os.environ.get("EVALUATION_LOCK", ""),
}


def evaluate(program_path: str) -> dict[str, float]:
    """A score from the constants, after the time that a device would have taken."""
    with open(program_path, encoding="utf-8") as file:
        source = file.read()
    constants = [float(value) for value in re.findall(r"^[U-Z] = (\S+)", source, re.MULTILINE)]
    lock = os.open(SETTINGS["lock"], os.O_RDWR | os.O_CREAT) if SETTINGS["lock"] else None
    if lock is not None:
        fcntl.flock(lock, fcntl.LOCK_EX)
    started = time.time()
    if SETTINGS["seconds"] > 0:
        time.sleep(SETTINGS["seconds"])
    ended = time.time()
    if lock is not None:
        os.close(lock)
    if SETTINGS["log"]:
        with open(SETTINGS["log"], "a", encoding="utf-8") as log:
            log.write(json.dumps({"started": started, "ended": ended}) + "\n")
    return {"combined_score": 1.0 / (1.0 + sum((value - 1.0) ** 2 for value in constants))}
