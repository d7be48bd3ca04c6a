"""The launcher's part in the worker's journal."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

EVALUATION = Path(__file__).parents[2] / "activities" / "evaluation"
sys.path.insert(0, str(EVALUATION))

from journal_entry import mark_begun  # noqa: E402


def test_an_entry_is_named_begun_with_its_text_and_the_time(tmp_path: Path) -> None:
    entry = tmp_path / "key.1.waiting"
    entry.write_text("whose it is")
    os.utime(entry, (1.0, 1.0))
    mark_begun(str(entry))
    assert os.listdir(tmp_path) == ["key.1.begun"]
    begun = tmp_path / "key.1.begun"
    assert begun.read_text() == "whose it is"
    assert abs(begun.stat().st_mtime - time.time()) < 60


def test_an_entry_that_was_withdrawn_stays_so(tmp_path: Path) -> None:
    mark_begun(str(tmp_path / "key.1.waiting"))
    assert os.listdir(tmp_path) == []
