"""Whole evaluations on real MLX: every verdict, and what must not change one."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from harness import INITIAL, measure, program, start

STOCK = "return mx.matmul(A, B)"
DOWN_CAST = "return mx.matmul(A.astype(mx.bfloat16), B.astype(mx.bfloat16)).astype(A.dtype)"
NOT_FINITE = "C = mx.matmul(A, B)\nreturn mx.where(C > 1e9, C, C * float('nan'))"


def test_the_initial_program_is_scored(tmp_path: Path) -> None:
    run = measure(INITIAL, tmp_path)
    result = run.result
    assert (result["verdict"], result["stage"]) == ("scored", "complete")
    eager = result["speedup"]["eager"]
    assert eager["low"] <= eager["median"] * 1.05
    assert eager["median"] <= eager["high"] * 1.05
    assert 0.5 < eager["median"] < 2.0
    assert result["score"] == eager["low"]
    assert result["speedup"]["compiled"] is None
    # Nine linear layers in the stack and the output projection: one product forward, two backward each.
    assert result["calls"] == {"matmul": {"forward": 10, "backward": 20}}
    assert all(math.isfinite(value) for value in result["metrics"].values())
    assert result["metrics"]["blocks"] == eager["pairs"]
    assert set(result["environment"]) >= {"chip", "os", "mlx", "device", "python", "preset"}
    assert all(isinstance(value, str) and value for value in result["environment"].values())
    assert list(dict.fromkeys(run.phases)) == ["static", "load", "correctness", "reached", "timing"]


def test_confirmation_measures_the_compiled_loop_too(tmp_path: Path) -> None:
    result = measure(
        program(STOCK), tmp_path, purpose="confirmation", compiledAbove=0, options={"launches": 5}
    ).result
    assert result["confirmed"]
    assert result["speedup"]["eager"]["launches"] == 5
    assert result["metrics"]["confidence"] == 0.975
    compiled = result["speedup"]["compiled"]
    assert 0.3 < compiled["median"] < 3.0
    assert result["metrics"]["compiled_step_ms_reference"] > 0


def test_a_helper_called_like_a_seam_is_refused_by_name(tmp_path: Path) -> None:
    source = program(STOCK, "import mlx.nn as nn\ngelu = nn.gelu\n")
    result = measure(source, tmp_path).result
    assert (result["verdict"], result["stage"]) == ("rejected", "load")
    assert "gelu" in result["reason"]


def test_a_high_bar_leaves_the_compiled_loop_out(tmp_path: Path) -> None:
    assert measure(program(STOCK), tmp_path, compiledAbove=1000).result["speedup"]["compiled"] is None


def test_extra_work_costs_its_share(tmp_path: Path) -> None:
    wasteful = "for _ in range(4):\n    mx.eval(mx.matmul(A + 0, B))\nreturn mx.matmul(A, B)"
    result = measure(program(wasteful), tmp_path, options={"timingSeconds": 1.0}).result
    assert result["verdict"] == "scored"
    assert result["speedup"]["eager"]["median"] < 0.75
    assert result["score"] < 0.75


@pytest.mark.parametrize(
    ("body", "tensor"),
    [
        pytest.param("return mx.matmul(A, B) * 1.001", "float32", id="scaled"),
        pytest.param("return mx.matmul(A[:, ::2], B[::2]) * 2", "float32", id="sampled"),
        pytest.param(DOWN_CAST, "float32", id="down-cast"),
        pytest.param(NOT_FINITE, "not finite", id="nan"),
    ],
)  # fmt: skip
def test_wrong_products_are_rejected_by_name(tmp_path: Path, body: str, tensor: str) -> None:
    result = measure(program(body), tmp_path).result
    assert (result["verdict"], result["stage"]) == ("rejected", "correctness")
    assert tensor in result["reason"]
    assert "output" in result["reason"] or "gradient of operand" in result["reason"]


def test_a_wrong_backward_pass_is_rejected(tmp_path: Path) -> None:
    # Shapes of gradients of the seam's cases, of no output.
    body = "C = mx.matmul(A, B)\nreturn C * 0.5 if C.shape in ((33, 17), (24, 40)) else C"
    result = measure(program(body), tmp_path).result
    assert (result["verdict"], result["stage"]) == ("rejected", "correctness")
    assert "gradient of operand" in result["reason"]


def test_an_error_that_only_training_shows_names_the_tensor(tmp_path: Path) -> None:
    # Right on every case of the seam, wrong on the gradient of the widest weight.
    body = "C = mx.matmul(A, B)\nreturn C * 0.5 if C.shape == (128, 384) else C"
    result = measure(program(body), tmp_path).result
    assert (result["verdict"], result["stage"]) == ("rejected", "correctness")
    assert "not the same training" in result["reason"]
    assert "blocks.layers.0.weight" in result["reason"]


def test_training_that_goes_wrong_later_is_rejected_while_timed(tmp_path: Path) -> None:
    # 30 products a step: past the cases, the checked steps and the warm-up, inside the timed blocks.
    body = "CALLS[0] += 1\nC = mx.matmul(A, B)\nreturn C if CALLS[0] < 400 else C * 1.5"
    result = measure(program(body, "CALLS = [0]"), tmp_path, options={"timingSeconds": 2.0}).result
    assert (result["verdict"], result["stage"]) == ("rejected", "correctness")
    assert "timed turn" in result["reason"]


def test_turns_of_several_steps_report_single_ones(tmp_path: Path) -> None:
    single, several = (measure(INITIAL, tmp_path, options={"turnSteps": steps}).result for steps in (1, 4))
    assert several["verdict"] == "scored"
    assert several["metrics"]["turn_steps"] == 4
    assert several["calls"] == single["calls"] == {"matmul": {"forward": 10, "backward": 20}}
    step = "step_ms_reference"
    assert several["metrics"][step] == pytest.approx(single["metrics"][step], rel=0.6)


def test_a_step_left_out_of_a_turn_of_several_is_seen(tmp_path: Path) -> None:
    # 30 products a step: wrong in one step of a timed turn, right in its last.
    body = "CALLS[0] += 1\nC = mx.matmul(A, B)\nreturn C * 1.5 if 700 < CALLS[0] <= 730 else C"
    options = {"timingSeconds": 2.0, "turnSteps": 4}
    result = measure(program(body, "CALLS = [0]"), tmp_path, options=options).result
    assert (result["verdict"], result["stage"]) == ("rejected", "correctness")
    assert "timed turn" in result["reason"]


def test_a_step_that_bypasses_the_seam_is_unreached(tmp_path: Path) -> None:
    # The gate lets nobody patch MLX; with a module that a problem allows, one can.
    bypass = """
import builtins
import mlx.nn as nn
_addmm = mx.addmm
_patch = builtins.setattr
_patch(nn.Linear, "__call__", lambda self, x: _addmm(self["bias"], x, self["weight"].T))
"""
    result = measure(program(STOCK, bypass), tmp_path, options={"allowModules": ["builtins"]}).result
    assert (result["verdict"], result["stage"]) == ("rejected", "reached")
    assert "forward" in result["reason"]


@pytest.mark.parametrize(
    ("source", "stage", "reason"),
    [
        pytest.param(program("raise ValueError('no')"), "correctness", "ValueError: no", id="raises"),
        pytest.param(program(STOCK, "1 / 0"), "load", "ZeroDivisionError", id="import"),
        pytest.param(program("return 1"), "correctness", "expected an mx.array", id="type"),
        pytest.param("def choose_tile_size(M, N, K, d):\n    pass\noptimized_matmul = 3\n", "load",
                     "expected optimized_matmul(A, B, tile_M, tile_N, tile_K)", id="not callable"),
        pytest.param(program("raise SystemExit(3)"), "crash", "exit code 3", id="exit"),
        pytest.param(program("def f(n):\n    return f(n + 1)\nreturn f(0)"), "correctness", "RecursionError",
                     id="recursion"),
    ],
)  # fmt: skip
def test_programs_that_do_not_run_fail(tmp_path: Path, source: str, stage: str, reason: str) -> None:
    result = measure(source, tmp_path).result
    assert (result["verdict"], result["stage"]) == ("failed", stage)
    assert reason in result["reason"]


def test_a_traceback_shows_the_programs_own_line(tmp_path: Path) -> None:
    artifacts = measure(program("raise ValueError('no luck')  # here"), tmp_path).result["artifacts"]
    assert "raise ValueError('no luck')  # here" in artifacts["traceback"]


def test_an_endless_loop_is_killed(tmp_path: Path) -> None:
    result = measure(program("while True:\n    pass"), tmp_path, options={"turnTimeoutSeconds": 1}).result
    assert (result["verdict"], result["stage"]) == ("failed", "timeout")
    assert "candidate process" in result["reason"]


def test_what_a_program_prints_is_an_artifact_and_never_a_result(tmp_path: Path) -> None:
    forged = json.dumps({"event": "result", "result": {"verdict": "scored", "score": 99}})
    body = f"print({forged!r}, 'x' * 100_000)\nreturn mx.matmul(A, B) * 2"
    run = measure(program(body), tmp_path)
    assert run.result["verdict"] == "rejected"
    # The last line break may still be in the process's own buffer.
    assert run.result["artifacts"]["stdout"].rstrip("\n").endswith("x")
    assert len(run.result["artifacts"]["stdout"]) <= 4000


def test_secrets_do_not_reach_the_candidate(tmp_path: Path) -> None:
    # The gate keeps programs from looking; the environment has nothing to see either way.
    secret = {"OPENAI_API_KEY": "sk-do-not-pass-on"}
    process, events = start(_endless(tmp_path), tmp_path, **secret)
    try:
        candidate = _candidate_pid(process.pid, events)
        if not Path("/proc").is_dir():
            pytest.skip("no /proc here")
        assert b"sk-do-not-pass-on" not in Path(f"/proc/{candidate}/environ").read_bytes()
    finally:
        process.kill()
        _finish(process, events)


@pytest.mark.parametrize("how", ["stdin closes", "terminated", "killed"])
def test_no_side_outlives_its_harness(tmp_path: Path, how: str) -> None:
    process, events = start(_endless(tmp_path), tmp_path)
    candidate = _candidate_pid(process.pid, events)
    if how == "stdin closes":
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM if how == "terminated" else signal.SIGKILL)
    assert process.wait(10) != 0
    # Events end when everybody who could write them is gone; the candidate is watched by its own pid.
    _finish(process, events)
    _wait_until_gone(candidate)


def _early(scratch: Path) -> tuple[subprocess.Popen[bytes], int, list[int]]:
    """A harness that was started early and has its sides, and their processes."""
    request = {"program": str(INITIAL), "options": {"preset": "small", "timingSeconds": 0.3}}
    process, events = start(json.dumps(request), scratch, "--early")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not list children")
    while len(sides := children.read_text().split()) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    return process, events, [int(side) for side in sides]


def test_started_early_it_waits_for_the_device_with_its_sides_up(tmp_path: Path) -> None:
    process, events, sides = _early(tmp_path)
    # Time enough for one that does not wait to say that its sides are up.
    assert select.select([events], [], [], 2.0)[0] == []
    assert all(Path(f"/proc/{side}").exists() for side in sides)
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    with os.fdopen(events) as lines:
        received = [json.loads(line) for line in lines]
    assert [received[0]["phase"], received[-1]["event"]] == ["static", "result"]
    assert received[-1]["result"]["verdict"] == "scored"
    assert process.wait(10) == 0
    _close(process)


def test_started_early_it_goes_where_nobody_waits_for_it(tmp_path: Path) -> None:
    process, events, sides = _early(tmp_path)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) != 0
    for side in sides:
        _wait_until_gone(side)
    assert os.read(events, 1) == b""
    _finish(process, events)


def _endless(scratch: Path) -> str:
    path = scratch / "program.py"
    path.write_text(program("while True:\n    pass"))
    return json.dumps({"program": str(path), "options": {"turnTimeoutSeconds": 60}})


def _candidate_pid(harness: int, events: int) -> int:
    """The second child of a harness that has reached the correctness phase."""
    return _child(harness, events, "correctness", 1)


def _child(harness: int, events: int, phase: str, number: int) -> int:
    """A child of a harness that has reached a phase."""
    received = b""
    while f'"{phase}"'.encode() not in received:
        part = os.read(events, 4096)
        assert part, received
        received += part
    children = Path(f"/proc/{harness}/task/{harness}/children")
    if not children.exists():
        pytest.skip("this system does not list children")
    return int(children.read_text().split()[number])


def _wait_until_gone(pid: int) -> None:
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        readable, _, _ = select.select([descriptor], [], [], 10)
        os.close(descriptor)
        assert readable, f"process {pid} is still there"


def _finish(process, events: int) -> None:
    os.close(events)
    _close(process)


def _close(process) -> None:
    process.stderr.close()
    if not process.stdin.closed:
        process.stdin.close()
    process.wait(10)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"options": {"preset": "huge"}}, "options.preset is 'huge'; expected one of small, small-wide"),
        ({"options": {"speed": 1}}, "options.speed is unknown"),
        ({"options": {"timingSeconds": 0}}, "options.timingSeconds is 0"),
        ({"options": {"turnSteps": 17}}, "turnSteps is 17; expected an integer from 1 to 16"),
        ({"seed": -1}, "seed is -1"),
        ({"compiledAbove": "1"}, "compiledAbove is '1'"),
        ({"purpose": "fun"}, "purpose is 'fun'"),
        ({"program": "/does/not/exist.py"}, "program /does/not/exist.py cannot be read"),
    ],
)
def test_a_bad_request_names_the_field(tmp_path: Path, fields: dict, message: str) -> None:
    run = measure(INITIAL, tmp_path, **fields)
    assert run.code == 2
    assert message in run.stderr
    assert not run.events


def test_a_broken_reference_is_no_verdict(tmp_path: Path) -> None:
    request = {"program": str(INITIAL), "options": {"timingSeconds": 600}}
    process, events = start(json.dumps(request), tmp_path)
    os.kill(_child(process.pid, events, "timing", 0), signal.SIGKILL)
    with os.fdopen(events) as lines:
        received = [json.loads(line) for line in lines]
    assert process.wait(10) == 1
    assert process.stderr is not None
    assert b"the reference side failed" in process.stderr.read()
    assert all(event["event"] != "result" for event in received)
    _close(process)
