"""One draw per process: a JSON request on stdin, a JSON answer on stdout.

Request: {"draw": text, "parent": source, "others": [source, …]}
Answer:  {"outcome": "proposed", "source", "change", "used": [index into others, …]}
      or {"outcome": "unusable", "reason"}
"""

import json
import sys


def main() -> None:
    """Answers the request on stdin."""
    if sys.version_info < (3, 11):  # noqa: UP036 (whichever Python the user has)
        sys.exit(f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}")
    from mutator.propose import propose  # older versions cannot even parse it
    from mutator.unusable import Unusable

    request = json.loads(sys.stdin.buffer.read())
    try:
        child = propose(request["draw"], request["parent"], request["others"])
        answer = {"outcome": "proposed", **child._asdict()}
    except Unusable as unusable:
        answer = {"outcome": "unusable", "reason": str(unusable)}
    json.dump(answer, sys.stdout)


main()
