"""Calibrations: kept whole, used where they hold, made in a few seconds."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement.calibration import (
    VARIABLE,
    CalibrationError,
    load_context,
    mismatch,
    read_calibration,
    write_calibration,
)
from optimized_kernels.measurement.calibration_record import (
    Calibration,
    parse_calibration,
    speedup_over_launches,
)
from optimized_kernels.measurement.environment import environment
from optimized_kernels.measurement.noise import ShortRun
from optimized_kernels.measurement.roofline import Peaks

ROOT = Path(__file__).parents[2]
FACTS = {"chip": "Chip 9", "os": "OS 1", "mlx": "1.2.3", "device": "cpu", "preset": "small", "python": "3"}
CALIBRATION = Calibration(
    measured_at="2026-01-02T03:04:05+00:00",
    seconds=20.5,
    environment={**FACTS, "thermal": "nominal"},
    runs=(ShortRun(0.01, 0.004, 40), ShortRun(-0.006, 0.005, 38), ShortRun(0.002, 0.004, 41)),
    identity={"matmul": speedup_over_launches([-0.01, -0.02, -0.015], 119)},
    peaks=Peaks({"float32": 1e10}, 2e10, 2),
)


class Work:
    flops = 5e9
    bytes = 1e9


@given(
    st.lists(
        st.builds(ShortRun, st.floats(-1, 1), st.floats(1e-9, 1), st.integers(1, 10**6)),
        min_size=1,
        max_size=9,
    ),
    st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=5),
)
def test_a_calibration_survives_its_json(runs: list[ShortRun], facts: dict[str, str]) -> None:
    calibration = replace(CALIBRATION, runs=tuple(runs), environment=facts)
    assert parse_calibration(json.dumps(calibration.as_json())) == calibration


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"version": 2}, "version is 2"),
        ({"measuredAt": None}, "measuredAt is None"),
        ({"seconds": -1}, "seconds is -1"),
        ({"environment": []}, "environment is"),
        ({"environment": {"chip": 3}}, "environment.chip is 3"),
        ({"runs": []}, "runs is"),
        ({"runs": [{"logRatio": "x"}]}, r"runs\[0\].logRatio"),
        ({"runs": [{"logRatio": 0.1, "standardError": 0, "blocks": 2}]}, r"runs\[0\].standardError"),
        ({"runs": [{"logRatio": 0.1, "standardError": 0.1, "blocks": 2.5}]}, r"runs\[0\].blocks"),
        ({"identity": {"matmul": {"median": 0}}}, "identity.matmul.median"),
        ({"peaks": None}, "peaks is None"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({**CALIBRATION.as_json(), **change}))
    with pytest.raises(CalibrationError, match=named):
        read_calibration(path, FACTS)


@pytest.mark.parametrize("text", ["", "{", "[]", "\udcff"])
def test_a_file_that_is_no_json_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(CalibrationError, match=r"calibration\.json: "):
        read_calibration(path, FACTS)
    with pytest.raises(CalibrationError, match="No such file"):
        read_calibration(tmp_path / "missing", FACTS)


@pytest.mark.parametrize("name", ["chip", "os", "mlx", "device"])
def test_another_machine_is_named(name: str) -> None:
    assert mismatch(CALIBRATION, FACTS) is None
    assert mismatch(CALIBRATION, {**FACTS, "python": "4", "preset": "seed"}) is None
    wrong = mismatch(CALIBRATION, {**FACTS, name: "other"})
    assert wrong is not None
    assert name in wrong
    assert "other" in wrong


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "calibration.json"
    write_calibration(CALIBRATION, path)
    write_calibration(replace(CALIBRATION, seconds=30.0), path)
    assert read_calibration(path, FACTS).seconds == 30.0
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    broken = replace(CALIBRATION, environment={"chip": object()})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        write_calibration(broken, path)
    assert read_calibration(path, FACTS).seconds == 30.0
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_results_get_the_context_of_their_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_calibration(CALIBRATION, tmp_path / "small.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    context = load_context(FACTS)
    assert context is not None
    assert context.noise_floor(40) == CALIBRATION.noise.floor(40)
    assert context.identity["matmul"].median == pytest.approx(math.exp(-0.015))
    assert context.roofline_share(Work(), 1.0) == pytest.approx(0.5)
    # Noise is that of one workload, peaks are the machine's.
    other = load_context({**FACTS, "preset": "seed"})
    assert other is not None
    assert other.noise_floor(40) is None
    assert other.identity == {}
    assert other.peaks == context.peaks


def test_each_preset_has_a_calibration_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noisier = replace(CALIBRATION, runs=(ShortRun(0.2, 0.1, 40), ShortRun(-0.2, 0.1, 40)))
    write_calibration(CALIBRATION, tmp_path / "small.json")
    write_calibration(noisier, tmp_path / "seed.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = {preset: load_context({**FACTS, "preset": preset}) for preset in ("small", "seed", "transformer")}
    noise = {preset: context and context.noise for preset, context in found.items()}
    assert noise == {"small": CALIBRATION.noise, "seed": noisier.noise, "transformer": None}


def test_without_a_calibration_there_is_no_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert load_context(FACTS) is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "folder"))
    assert load_context(FACTS) is None
    assert capsys.readouterr().err == ""
    write_calibration(CALIBRATION, tmp_path / "folder" / "small.json")
    assert load_context({**FACTS, "mlx": "9"}) is None
    assert "calibration not used" in capsys.readouterr().err


def test_an_interval_over_launches_needs_two() -> None:
    speedup = speedup_over_launches([0.0, math.log(1.1)], 30)
    assert speedup.low < speedup.median < speedup.high
    assert (speedup.pairs, speedup.launches) == (30, 2)
    with pytest.raises(ValueError, match="1 launches"):
        speedup_over_launches([0.0], 30)


def _calibrate(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "optimized_kernels.measurement.calibrate", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=100, check=False, **options
    )


def test_this_machine_is_calibrated_once(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    first = _calibrate("--seconds", "3", "--out", str(path))
    assert first.returncode == 0, first.stderr
    found = parse_calibration(first.stdout)
    assert read_calibration(path, found.environment) == found
    assert len(found.runs) >= 3
    assert "launch 3 of 3" in first.stderr
    assert {"chip", "os", "mlx", "device", "preset"} <= set(found.environment)
    # Stock against stock on whatever machine: far from a factor of two, and not exactly equal either.
    assert 0 < found.noise_floor < math.log(2)
    assert 0.5 < found.identity["matmul"].median < 1.5

    checked = _calibrate("--check", "--out", str(path))
    assert (checked.returncode, parse_calibration(checked.stdout)) == (0, found)
    again = _calibrate("--unless-valid", "--seconds", "3600", "--out", str(path))
    assert (again.returncode, parse_calibration(again.stdout)) == (0, found)
    other = _calibrate("--check", "--preset", "seed", "--out", str(path))
    assert other.returncode == 3
    assert "preset" in other.stderr


def test_events_are_those_of_an_evaluation(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    facts = json.loads(
        subprocess.run(
            [sys.executable, "-m", "optimized_kernels.measurement.peaks"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout
    )
    write_calibration(replace(CALIBRATION, environment=environment(facts, "small")), path)
    command = (
        f"exec {sys.executable} -m optimized_kernels.measurement.calibrate --events --check --out {path}"
    )
    events = tmp_path / "events"
    subprocess.run(["bash", "-c", f"{command} 3>{events}"], check=True, cwd=ROOT, capture_output=True)
    (event,) = map(json.loads, events.read_text().splitlines())
    assert event["event"] == "result"
    assert event["result"]["measuredAt"] == CALIBRATION.measured_at


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seconds", "0"], "not above 0"),
        (["--preset", "huge"], "invalid choice"),
        (["--check"], "need --out"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], said: str) -> None:
    result = _calibrate(*arguments)
    assert result.returncode == 2
    assert said in result.stderr


def test_a_stopped_calibration_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    command = [sys.executable, "-m", "optimized_kernels.measurement.calibrate", "--seconds", "9"]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*command, "--out", str(path)], stderr=subprocess.PIPE, cwd=ROOT, env=env
    ) as process:
        assert process.stderr is not None
        assert b"peaks" in process.stderr.readline()
        assert b"launch 1 of 3" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) != 0
    assert list(tmp_path.iterdir()) == []
