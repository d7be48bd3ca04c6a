"""Every honest program on file is accepted: what refuses cheats must not refuse these."""

from __future__ import annotations

from pathlib import Path

import pytest
from expectations import Expected, programs
from harness import measure

HONEST = programs("honest")


def test_there_are_enough_of_them() -> None:
    assert len(HONEST) >= 12
    assert {program.kind for program in HONEST} == {"scored"}


@pytest.mark.parametrize("program", HONEST, ids=lambda program: program.path.stem)
def test_an_honest_program_is_accepted(program: Expected, tmp_path: Path) -> None:
    result = measure(program.path, tmp_path, options={"timingSeconds": 0.3, "turnTimeoutSeconds": 60}).result
    assert result["verdict"] == "scored", f"{result['verdict']} at {result['stage']}: {result['reason']}"
    calls = result["calls"]
    assert calls
    assert all(count["forward"] > 0 for count in calls.values())
