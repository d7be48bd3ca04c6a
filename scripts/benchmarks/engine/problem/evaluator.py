"""Sleeps as long as the benchmark says, logs from when to when, and scores the program's constants."""

import json
import re
import time

# The benchmark writes its own into its copy: an evaluator's environment holds none.
SETTINGS = {
    "seconds": 0.0,
    "log": "",
}


def evaluate(program_path: str) -> dict[str, float]:
    """A score from the constants, after the time that a device would have taken."""
    with open(program_path, encoding="utf-8") as file:
        source = file.read()
    constants = [float(value) for value in re.findall(r"^[U-Z] = (\S+)", source, re.MULTILINE)]
    started = time.time()
    if SETTINGS["seconds"] > 0:
        time.sleep(SETTINGS["seconds"])
    ended = time.time()
    if SETTINGS["log"]:
        with open(SETTINGS["log"], "a", encoding="utf-8") as log:
            log.write(json.dumps({"started": started, "ended": ended}) + "\n")
    return {"combined_score": 1.0 / (1.0 + sum((value - 1.0) ** 2 for value in constants))}
