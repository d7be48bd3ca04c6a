"""The launcher's parts (device lock, event relay, process tree), and verdicts on what evaluators return."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

EVALUATION = Path(__file__).parents[2] / "activities" / "evaluation"
sys.path.insert(0, str(EVALUATION))

import relay  # noqa: E402
from call_evaluator import get_ready  # noqa: E402
from device_lock import try_lock  # noqa: E402
from evaluator_verdict import judge  # noqa: E402

from optimized_kernels.sandbox import process_tree  # noqa: E402


def test_lock_is_exclusive_until_closed(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    held = try_lock(path)
    assert held is not None
    assert try_lock(path) is None
    os.close(held)
    again = try_lock(path)
    assert again is not None
    os.close(again)


def test_lock_file_is_readable_for_everyone_and_may_be_read_only(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    before = os.umask(0o077)
    try:
        descriptor = try_lock(str(path))
    finally:
        os.umask(before)
    assert descriptor is not None
    os.close(descriptor)
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o444)
    descriptor = try_lock(str(path))
    assert descriptor is not None
    os.close(descriptor)


def test_lock_refuses_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"):
        try_lock(str(tmp_path / "lock"))


def test_lock_does_not_leak_to_children(tmp_path: Path) -> None:
    descriptor = try_lock(str(tmp_path / "lock"))
    assert descriptor is not None
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)


def test_an_evaluator_is_got_ready_without_running_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "evaluator.py").write_text("import colorsys\nfrom . import x\n1 / 0\n")
    shadow = tmp_path / "stringprep.py"
    shadow.write_text("")  # colorsys might import it
    get_ready(tmp_path)
    assert "colorsys" not in sys.modules
    shadow.unlink()
    get_ready(tmp_path)
    assert "colorsys" in sys.modules


@pytest.mark.parametrize("text", [None, "def (", "\0"])
def test_an_evaluator_that_cannot_be_read_is_none_of_that_business(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "evaluator.py").write_text(text)
    get_ready(tmp_path)


@given(st.lists(st.binary(max_size=300)), st.integers(1, 200))
def test_tail_is_the_end_of_what_came(chunks: list[bytes], limit: int) -> None:
    tail = relay.Tail(limit)
    for chunk in chunks:
        tail.add(chunk)
    assert tail.kept == b"".join(chunks)[-limit:]


def relayed(chunks: list[bytes]) -> list[relay.Event]:
    events: list[relay.Event] = []
    lines = relay.Lines(events.append)
    for chunk in chunks:
        lines.add(chunk)
    return events


@given(st.lists(st.fixed_dictionaries({"event": st.just("phase"), "phase": st.text()})), st.data())
def test_events_arrive_whole_however_they_are_cut(events: list[relay.Event], data: st.DataObject) -> None:
    stream = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert relayed(chunks) == events


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b'{"event": "ended", "how": "exit"}',
        b'{"event": "device", "startedAt": 1}',
        b'{"event": "result", "result": NaN}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"7",
        b'{"event": ["phase"]}',
    ],
)
def test_anything_else_is_garbage(line: bytes) -> None:
    (event,) = relayed([line + b"\n"])
    assert event["event"] == "garbage"
    assert len(str(event["reason"])) < 500
    json.dumps(event, allow_nan=False)


def test_long_lines_are_dropped_and_the_next_one_is_heard() -> None:
    good = b'{"event": "phase", "phase": "x"}\n'
    long_line = [b"x" * 50_000] * 7
    assert [event["event"] for event in relayed([*long_line, b"\n", good])] == ["garbage", "phase"]
    assert [event["event"] for event in relayed([b"".join(long_line) + b"\n" + good])] == ["garbage", "phase"]


def test_the_total_is_bounded() -> None:
    good = b'{"event": "phase", "phase": "x"}\n'
    events = relayed([good * 1000] * 100)
    assert events[-1]["event"] == "garbage"
    assert sum(len(json.dumps(event)) for event in events) < 2 * relay.TOTAL_LIMIT


def test_living_tree_finds_descendants_and_no_zombies() -> None:
    script = "import os, time; os.fork(); os.write(1, b'%d\\n' % os.getpid()); time.sleep(20)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = sorted(int(process.stdout.readline()) for _ in range(2))
        assert set(pids) <= set(process_tree.living_tree(os.getpid(), 0))
        descendant = next(pid for pid in pids if pid != process.pid)
        assert process_tree.living_tree(process.pid, 0) == [descendant]
        os.kill(descendant, signal.SIGKILL)
        while process_tree.living_tree(process.pid, 0):
            pass
        process.kill()


def test_ps_and_proc_agree_on_a_process() -> None:
    expected = (os.getpid(), os.getppid(), os.getpgrp())
    assert expected in list(process_tree._from_ps())
    if process_tree.LINUX:
        assert expected in list(process_tree._from_proc())


VALUES = st.floats(allow_nan=True) | st.integers() | st.text(max_size=5) | st.none() | st.booleans()
NAMES = st.sampled_from(["combined_score", "score", "error"]) | st.text(max_size=5)


def is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_a_verdict_is_finite_json_whatever_was_returned(returned: dict[str, object]) -> None:
    result = judge(returned)
    json.dumps(result, allow_nan=False)
    named = next((name for name in ("combined_score", "score") if name in returned), None)
    if named is not None:
        assert (result["verdict"] == "scored") == is_finite(returned[named])
    else:
        usable = any(map(is_finite, returned.values())) and not isinstance(returned.get("error"), str)
        assert (result["verdict"] == "scored") == usable
    if result["verdict"] == "scored":
        assert all(map(is_finite, [result["score"], *dict(result["metrics"]).values()]))  # type: ignore[call-overload]


def test_scores_are_looked_for_in_order() -> None:
    assert judge({"score": 2, "combined_score": 3, "x": 10})["score"] == 3
    assert judge({"score": 2, "x": 10})["score"] == 2
    assert judge({"a": 2, "b": 4, "c": "text"})["score"] == 3
    assert judge({"a": True})["score"] == 1


def test_an_error_beside_a_score_is_kept_as_artifact() -> None:
    result = judge({"combined_score": 0.0, "error": "half of the cases failed"})
    assert (result["verdict"], result["score"]) == ("scored", 0.0)
    assert result["artifacts"] == {"error": "half of the cases failed"}
    failed = judge({"runs": 3, "error": "no such layer"})
    assert (failed["verdict"], failed["reason"]) == ("failed", "evaluate returned an error: no such layer")


def test_objects_with_metrics_and_artifacts() -> None:
    returned = SimpleNamespace(metrics={"combined_score": 1.5}, artifacts={"log": "l", "n": 3})
    assert judge(returned)["score"] == 1.5
    assert judge(returned)["artifacts"] == {"log": "l", "n": "3"}
