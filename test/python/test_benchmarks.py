"""The benchmarks' arithmetic, each script on a machine that answers at random, and one real evaluation."""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement.alone import ALONE
from optimized_kernels.measurement.screening import screened
from scripts.benchmarks import (
    estimators,
    evaluation_cost,
    harness_client,
    lanes,
    null,
    null_measurement,
    null_run,
    null_search,
    planted,
    planted_program,
    screening_simulation,
    step_times,
    unpaired_baseline,
)
from scripts.benchmarks.bursty_noise import bursty_noise
from scripts.benchmarks.harness_client import Answer, HarnessFailed, Phase, evaluate, scored
from scripts.benchmarks.machine import arguments
from scripts.benchmarks.noises import NOISES, TURNS, taken_in_turns
from scripts.benchmarks.table import markdown_table

NOISE = 0.03


class Machine:
    """Answers as the harness does; a program's speedup is what `truth` says of its source."""

    def __init__(self, truth: Any = lambda source: 1.0, blocks: int = 40) -> None:
        self.truth, self.blocks = truth, blocks
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, source: str | None, purpose: str, seed: int, *rest: Any, **fields: Any) -> Answer:
        self.asked.append((purpose, fields))
        shift = math.log(self.truth(source)) if source is not None else 0.0
        log_ratios = taken_in_turns(np.random.default_rng(seed).normal(0, NOISE, TURNS * self.blocks), shift)
        metrics = {"timed_seconds": 7.2}
        result = {
            "verdict": "scored",
            "speedup": {"eager": screened(log_ratios).as_json(), "compiled": None},
            "artifacts": {"neighbour_log_ratios": json.dumps(log_ratios)},
            "metrics": metrics,
        }
        return Answer(result, [Phase(0.5, "load", ""), Phase(1.5, "timing", "eager")], 9.0)


def stock_unpaired(seed: int, preset: str) -> dict[str, Any]:
    return {"speedup": 1.08, "score": 1.188, "win": True, "calls": 0}


def test_the_old_bonuses() -> None:
    scores = {1.04: 1.04, 1.06: 1.166, 1.12: 1.344, 1.16: 1.508, 1.3: 1.82}
    for speedup, score in scores.items():
        assert unpaired_baseline.bonus_score(speedup) == pytest.approx(score)
    assert [unpaired_baseline.is_win(speedup) for speedup in (0.9, 1.05, 1.0501)] == [False, False, True]
    assert unpaired_baseline.step_time([9.0, 1.0, 2.0, 3.0, 0.1]) == 2.0


def test_the_old_method_on_real_steps_never_calls_its_program() -> None:
    found = null_measurement.measure_unpaired(1, "small")
    assert 0.2 < found["speedup"] < 5.0
    assert found["calls"] == 0


@given(st.lists(st.floats(0, 10), max_size=30))
def test_new_bests_are_records(scores: list[float]) -> None:
    bests = null_search.new_bests(scores)
    assert bests == [i for i in range(len(scores)) if all(scores[j] < scores[i] for j in range(i))]


def null_of(blocks: list[list[float]]) -> null_measurement.NullMeasurement:
    found = screened(blocks)
    return null_measurement.NullMeasurement(found.median, found.low, found.high, blocks, 5.0)


def test_a_stretch_is_consecutive() -> None:
    pool = [null_measurement.NullMeasurement(1.0, 0.9, 1.1, [[0.0], [1.0], [2.0]], 5.0)]
    found = null_search.stretch(pool, 5, np.random.default_rng(1))
    assert all((b - a) % 3 == 1 for (a,), (b,) in pairwise(found))


def test_either_side_of_a_null_screening_may_be_the_candidate() -> None:
    pool, rng = [null_measurement.NullMeasurement(1.0, 0.9, 1.25, [], 5.0)], np.random.default_rng(1)
    assert {null_search.screened_low(pool, rng) for _ in range(40)} == {0.9, 0.8}


def test_a_simulated_search_confirms_nothing_of_noise_and_something_of_a_shifted_pool() -> None:
    rng = np.random.default_rng(1)
    noise = [taken_in_turns(rng.normal(0, NOISE, TURNS * 20)) for _ in range(20)]
    pool = [null_of(blocks) for blocks in noise]
    search = null_search.Search(candidates=60)
    tried = [null_search.simulate_search(pool, search, rng) for _ in range(10)]
    assert all(confirmations >= 1 for confirmations, _ in tried)
    assert sum(false for _, false in tried) <= 2
    faster = [null_of([[value + 0.1 for value in block] for block in blocks]) for blocks in noise]
    confirmations, found = null_search.simulate_search(faster, search, rng)
    assert found >= confirmations - 2 > -2
    assert found >= 1


def test_extra_work_is_fitted_and_inverted() -> None:
    cost = planted_program.fit_cost(lambda rows: 1 / (0.8 + 0.0002 * rows))
    assert (cost.base, cost.per_row) == pytest.approx((0.8, 0.0002))
    assert 1 / (0.8 + 0.0002 * cost.rows_for(1.05)) == pytest.approx(1.05, rel=1e-3)
    with pytest.raises(planted_program.CannotPlant, match=r"here is 1\.250; 1\.300 cannot"):
        cost.rows_for(1.3)
    with pytest.raises(planted_program.CannotPlant, match="do not show"):
        planted_program.fit_cost(lambda rows: 1.2)


def planted_truth(source: str) -> float:
    rows = next(line for line in source.splitlines() if line.startswith("ROWS = ")).removeprefix("ROWS = ")
    return 1 / (0.8 + 0.0002 * int(rows))


def test_an_effect_is_planted_into_the_first_base_that_is_fast_enough() -> None:
    def speedup_of(source: str) -> float:
        two_streams = source.count("SECOND_STREAM") > 1
        return planted_truth(source) * (1.25 if two_streams else 0.9)

    planter = planted_program.Planter(speedup_of)
    slight, strong = planter.plant(1.05), planter.plant(1.3)
    assert (slight.base, strong.base) == ("row-major operand", "a quarter on a second stream")
    assert speedup_of(slight.source) == slight.speedup == pytest.approx(1.05, abs=2e-3)
    assert speedup_of(strong.source) == pytest.approx(1.3, abs=2e-3)
    with pytest.raises(planted_program.CannotPlant, match=r"1\.600 cannot"):
        planter.plant(1.6)


def test_what_the_line_missed_is_corrected() -> None:
    misled = iter([1.10])
    asked = []

    def speedup_of(source: str) -> float:
        asked.append(source)
        # The first figure of the line is off.
        return next(misled, planted_truth(source) * 0.9)

    planted_effect = planted_program.Planter(speedup_of).plant(1.05)
    assert planted_effect.speedup == pytest.approx(1.05, abs=planted_program.CLOSE)
    right = planted_program.Planter(lambda source: planted_truth(source) * 0.9).plant(1.05)
    assert planted_effect.rows == pytest.approx(right.rows, rel=0.2)
    assert asked[-1] == planted_effect.source


def test_gains_that_come_and_go_are_not_planted_into() -> None:
    restless = itertools.cycle([1.25, 1.15, 1.0, 1.1])
    with pytest.raises(planted_program.CannotPlant, match=r"1\.\d+ with \d+ rows.*; expected 1\.050"):
        planted_program.Planter(lambda source: next(restless)).plant(1.05)


def test_planted_effects_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(planted_truth, blocks=60)
    monkeypatch.setattr(planted, "evaluate", machine)
    planted.main(["--tries", "4", "--out", str(tmp_path / "raw.json")])
    raw = json.loads((tmp_path / "raw.json").read_text())
    assert [effect["planted"] for effect in raw["effects"]] == [1.05, 1.10, 0.95, 1.03]
    assert [effect["speedup"] for effect in raw["effects"]] == pytest.approx(
        [1.05, 1.10, 0.95, 1.03], abs=0.02
    )
    assert raw["effects"][1]["seen"] == 4
    assert "| +10% |" in capsys.readouterr().out
    assert {options["options"].get("timingSeconds") for _, options in machine.asked} == {None, 45.0}


def test_null_counts_wrong_intervals_and_false_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(null_measurement, "evaluate", Machine())
    monkeypatch.setattr(null_measurement, "measure_unpaired", stock_unpaired)
    assert null.WHOLE.part(0.1) == null.Plan(40, 5.0, 2, 20.0, 20, 10.0)
    assert null.WHOLE.part(1e-6) == null.Plan(2, 5.0, 1, 20.0, 1, 10.0)
    null.main(["--quick", "--out", str(tmp_path / "raw.json")])
    printed = capsys.readouterr().out
    assert "| original example's method, all | 2 | 2 false wins, 0 calls |" in printed
    raw = json.loads((tmp_path / "raw.json").read_text())
    assert [each["noisy"] for each in raw["repeated"]] == [False, True]
    assert len(raw["peeked"][0]["neighbour_log_ratios"]) == 40


def test_a_null_measurement_knows_when_it_is_wrong() -> None:
    right = null_measurement.NullMeasurement(1.0, 0.98, 1.02, [], 5.0)
    assert not right.is_wrong
    assert right.half_width == pytest.approx(0.02)
    assert null_measurement.NullMeasurement(1.03, 1.001, 1.05, [], 5.0).is_wrong


def test_a_null_run_reads_its_pool_and_confirms_new_bests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = tmp_path / "null.json"
    neighbours = taken_in_turns(np.random.default_rng(1).normal(0, NOISE, TURNS * 40))
    each = {"noisy": False, "harness": null_of(neighbours).as_json()}
    pool.write_text(json.dumps({"repeated": [each, each, {**each, "noisy": True}]}))
    machine = Machine()
    monkeypatch.setattr(null_run, "evaluate", machine)
    null_run.main(["--quick", "--blocks", str(pool), "--out", str(tmp_path / "raw.json")])
    raw = json.loads((tmp_path / "raw.json").read_text())
    assert len(raw["pool"]) == 2
    assert [purpose for purpose, _ in machine.asked].count("screening") == 3
    lows = [screening["low"] for screening in raw["real"]["screened"]]
    assert [tried["candidate"] for tried in raw["real"]["confirmations"]] == null_search.new_bests(lows)
    assert "| real | 1 | 3 |" in capsys.readouterr().out
    asked = len(machine.asked)
    null_run.main(["--quick", "--only", "simulated", "--blocks", str(pool)])
    printed = capsys.readouterr().out
    assert "| simulated | 2 | 3 |" in printed
    assert "| real |" not in printed
    assert len(machine.asked) == asked


def refused(*_: Any, **fields: Any) -> Answer:
    return Answer({"verdict": "rejected", "stage": "timing", "reason": "void"}, [], 1.0)


def test_refused_programs_are_not_seen_and_not_confirmed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(planted, "evaluate", refused)
    monkeypatch.setattr(null_run, "evaluate", refused)
    eager = planted.screen("", "small", 1, None)
    assert eager is None
    assert not planted.Effect(0.95, None).is_seen(eager)
    assert planted._half_width([eager]) == "-"
    with pytest.raises(HarnessFailed, match="refused"):
        planted.measure("", "small", [1, 2], 1)
    answers = iter([Machine(lambda source: 1.5)("", "screening", 1), refused()])
    monkeypatch.setattr(planted, "evaluate", lambda *_, **fields: next(answers))
    assert planted.measure("", "small", [1, 2], 1) == pytest.approx(1.5, abs=0.05)
    assert null_run.screen(0, 1, {}) is None
    assert not null_run.reports_speedup(null_run.confirm_best(0, 1, None, 1, {}))
    assert "rejected at timing: void" in capsys.readouterr().err


def test_trouble_of_the_machine_is_met_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [harness_client.MachineTrouble("asleep")]

    def ask(*_: Any) -> Answer:
        if left:
            raise left.pop()
        return refused()

    monkeypatch.setattr(harness_client, "_evaluate", ask)
    assert evaluate("", "screening", 1).result["verdict"] == "rejected"
    left += [harness_client.MachineTrouble("again"), harness_client.MachineTrouble("asleep")]
    with pytest.raises(harness_client.MachineTrouble, match="again"):
        evaluate("", "screening", 1)


def test_candidates_of_a_null_run_differ() -> None:
    assert len({null_run.candidate(number) for number in range(5)}) == 5


def test_the_simulation_prints_a_row_for_every_noise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["screening_simulation", "--quick"])
    screening_simulation.main()
    assert capsys.readouterr().out.count("| 50 |") == len(screening_simulation.NOISES)


def test_the_cost_is_what_times_nothing() -> None:
    cost = evaluation_cost.cost_of(Machine()(None, "screening", 1))
    assert (cost.wall, cost.timed, cost.beyond, cost.before_timing) == pytest.approx((9.0, 7.2, 1.8, 1.5))
    answer = Machine()(None, "screening", 1)
    ended = Answer(answer.result, [*answer.phases, Phase(8.2, "timing", ALONE)], answer.seconds)
    cost = evaluation_cost.cost_of(ended)
    assert (cost.alone, cost.beyond) == pytest.approx((0.8, 1.0))


def test_one_real_evaluation_through_the_client(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation_cost.main(["--quick", "--out", str(tmp_path / "raw.json")])
    costs = json.loads((tmp_path / "raw.json").read_text())["costs"]
    printed = capsys.readouterr().out
    for kind in ("waits for the device", "finds it free"):
        (cost,) = costs[kind]
        assert 0.0 < cost["timed"] < cost["wall"]
        assert f"| {kind} | median | 1 |" in printed


def test_trouble_shows_what_the_harness_printed() -> None:
    with pytest.raises(HarnessFailed, match=r"(?s)exit code 2.*seed is -1"):
        evaluate("", "screening", -1)
    refused = Answer({"verdict": "rejected", "stage": "static", "reason": "no seam"}, [], 1.0)
    with pytest.raises(HarnessFailed, match="rejected at static: no seam"):
        scored(refused)


def test_noise_ends_with_its_block() -> None:
    with bursty_noise(1) as pid:
        assert Path(f"/proc/{pid}").exists() or sys.platform != "linux"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs affinity")
def test_lanes_have_cores_of_their_own_and_keep_order() -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) >= 4:
        first, second = lanes.lane_cores(2)
        assert not first & second
        assert len(first) == len(second) == 2
    with pytest.raises(SystemExit, match="needs"):
        lanes.lane_cores(len(cores))
    assert lanes.in_lanes([lambda n=n: n * n for n in range(5)], 1) == [0, 1, 4, 9, 16]
    assert sorted(os.sched_getaffinity(0)) == cores


def test_a_failing_job_ends_the_rest() -> None:
    def fail() -> None:
        raise HarnessFailed("trouble")

    with pytest.raises(HarnessFailed, match="trouble"):
        lanes.in_lanes([fail, fail], 1)


def test_a_table_wants_whole_rows() -> None:
    assert markdown_table(["a", "b"], [[1, 2.5]]) == "| a | b |\n| --- | --- |\n| 1 | 2.5 |"
    with pytest.raises(ValueError, match="a row has 1 cells"):
        markdown_table(["a", "b"], [[1]])


def test_step_times_compare_programs_with_both_loops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = harness_client.ROOT / "scripts" / "benchmarks" / "programs" / "contiguous_operands.py"
    step_times.main(["--quick", "--out", str(tmp_path / "raw.json"), str(program)])
    printed = capsys.readouterr().out
    assert "| stock eager |" in printed
    assert "| contiguous_operands |" in printed
    raw = json.loads((tmp_path / "raw.json").read_text())
    assert {name: len(times) for name, times in raw["seconds"].items()} == {
        "stock eager": 2,
        "stock compiled": 2,
        "contiguous_operands": 2,
    }


@pytest.mark.parametrize(("name", "said"), [("", "is a folder"), ("none/raw.json", "none is no folder")])
def test_raw_results_that_cannot_be_written_are_refused_before_anything_is_measured(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        arguments("planted", "").parse_args(["--out", str(tmp_path / name)])
    assert said in capsys.readouterr().err


def test_estimators_are_compared_on_the_same_turns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Paces that wander: turns that follow each other are alike.
    pace = np.cumsum(NOISES["Gaussian"](np.random.default_rng(3), 800)) / 3
    path = tmp_path / "turns.json"
    path.write_text(json.dumps([(0.1 * np.exp(pace - pace.mean())).tolist()]))
    monkeypatch.setattr(sys, "argv", ["estimators", str(path), "--count", "100", "--effect", "1.5"])
    estimators.main()
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [name for name, *_ in rows] == list(estimators.ESTIMATORS)
    widths, excluded, seen = (
        [float(cell.rstrip("%")) for cell in column] for column in list(zip(*rows, strict=True))[1:]
    )
    assert widths[-1] < widths[0]
    assert max(excluded) <= 12.0
    assert seen == [100.0] * len(rows)
