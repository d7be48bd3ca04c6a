"""What machines say of themselves, from texts as their systems print them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement import macos_state, nvidia_state
from optimized_kernels.measurement.environment import environment, machine, parse_cpuinfo
from optimized_kernels.measurement.linux_state import hottest, linux_state, power_of
from optimized_kernels.measurement.macos_state import parse_battery, parse_low_power, parse_thermal
from optimized_kernels.measurement.nvidia_state import parse_query, visible_gpu

ON_BATTERY = """Now drawing from 'Battery Power'
 -InternalBattery-0 (id=12345678)\t83%; discharging; 5:12 remaining present: true
"""
PLUGGED_IN = """Now drawing from 'AC Power'
 -InternalBattery-0 (id=12345678)\t100%; charged; 0:00 remaining present: true
"""
NOT_THROTTLED = """Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
Note: No CPU power status has been recorded
"""
THROTTLED = """Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
2026-03-01 10:00:00 +0100 CPU Power notify
\tCPU_Scheduler_Limit \t= 100
\tCPU_Available_CPUs \t= 8
\tCPU_Speed_Limit \t= 62
"""
FULL_SPEED = THROTTLED.replace("62", "100")
WARNED = "Thermal warning level set to 2\nNote: No performance warning level has been recorded\n"
SETTINGS = """System-wide power settings:
Currently in use:
 standby              1
 lowpowermode         {}
 sleep                1 (sleep prevented by caffeinate)
"""


@pytest.mark.parametrize(
    ("text", "power"),
    [
        (ON_BATTERY, "battery, charged to 83 %"),
        (PLUGGED_IN, "mains, charged to 100 %"),
        ("Now drawing from 'AC Power'\n", "mains"),
        ("Now drawing from 'UPS Power'\n", "UPS Power"),
        ("", None),
    ],
)
def test_power_source_of_a_mac(text: str, power: str | None) -> None:
    assert parse_battery(text) == power


@pytest.mark.parametrize(
    ("text", "thermal"),
    [
        (NOT_THROTTLED, "nominal"),
        (FULL_SPEED, "nominal"),
        (THROTTLED, "throttled (CPU_Speed_Limit 62 %)"),
        (WARNED, "throttled (warning level 2)"),
        ("", None),
        ("pmset: usage", None),
    ],
)
def test_thermal_state_of_a_mac(text: str, thermal: str | None) -> None:
    assert parse_thermal(text) == thermal


def test_low_power_mode_of_a_mac() -> None:
    assert parse_low_power(SETTINGS.format(1))
    assert not parse_low_power(SETTINGS.format(0))
    assert not parse_low_power("")


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    for parse in (parse_battery, parse_thermal, parse_low_power, parse_cpuinfo, parse_query):
        parse(text)


MAINS = {"type": "Mains", "online": "1"}
UNPLUGGED = {"type": "Mains", "online": "0"}
BATTERY = {"type": "Battery", "status": "Discharging", "capacity": "40"}
CHARGING = {"type": "Battery", "status": "Charging", "capacity": "71"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging", "capacity": "5"}


@pytest.mark.parametrize(
    ("supplies", "power"),
    [
        ([], None),
        ([MOUSE], None),
        ([MAINS], "mains"),
        ([MAINS, MOUSE], "mains"),
        ([MAINS, CHARGING], "mains, charged to 71 %"),
        ([UNPLUGGED, BATTERY], "battery, charged to 40 %"),
        ([MAINS, BATTERY], "battery, charged to 40 %"),  # more than the charger gives
        ([CHARGING, {**CHARGING, "capacity": "20"}, MAINS], "mains, charged to 20 %"),
    ],
)
def test_power_source_of_linux(supplies: list[dict[str, str]], power: str | None) -> None:
    assert power_of(supplies) == power


@pytest.mark.parametrize(
    ("texts", "found"),
    [([], None), (["0", "-5000", ""], None), (["41000", "63500", "junk"], "64 °C"), (["1000000"], None)],
)
def test_the_hottest_sensor_counts(texts: list[str], found: str | None) -> None:
    assert hottest(texts) == found


def test_linux_is_read_from_its_files(tmp_path: Path) -> None:
    files = {
        "class/power_supply/AC/type": "Mains",
        "class/power_supply/AC/online": "1",
        "class/thermal/thermal_zone0/temp": "47000",
        "class/thermal/cooling_device0/type": "Processor",
        "devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    assert linux_state(tmp_path) == {"power": "mains", "thermal": "47 °C", "governor": "performance"}
    assert linux_state(tmp_path / "nothing") == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "NVIDIA H100 80GB HBM3, 700.00, 121.50, 1980, 1980, 33",
            {"power": "limit 700.00 W, draws 121.50 W", "thermal": "33 °C", "clock": "1980 of 1980 MHz"},
        ),
        ("GeForce, [N/A], [N/A], 1200, [N/A], 50", {"thermal": "50 °C", "clock": "1200 MHz"}),
        ("Tegra, [N/A], 9.10, [N/A], [N/A], [N/A]", {"power": "draws 9.10 W"}),
        ("No devices were found", {}),
        ("", {}),
    ],
)
def test_state_of_an_nvidia_gpu(line: str, found: dict[str, str]) -> None:
    assert parse_query(line) == found


@pytest.mark.parametrize(
    ("env", "gpu"),
    [({}, "0"), ({"CUDA_VISIBLE_DEVICES": ""}, "0"), ({"CUDA_VISIBLE_DEVICES": "3,1"}, "3")],
)
def test_the_gpu_in_use_is_asked(env: dict[str, str], gpu: str) -> None:
    assert visible_gpu(env) == gpu


def test_a_tool_that_hangs_or_is_missing_costs_a_fact_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(command: list[str], **_options: object) -> object:
        raise subprocess.TimeoutExpired(command, 2.0)

    monkeypatch.setattr(macos_state.subprocess, "run", hangs)
    assert macos_state.macos_state() == {}
    assert nvidia_state.nvidia_state() == {}
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "")
    assert nvidia_state.nvidia_state() == {}


def test_the_processor_is_named() -> None:
    assert parse_cpuinfo("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n") == "Some CPU @ 2 GHz"
    assert parse_cpuinfo("processor\t: 0\nBogoMIPS\t: 50\n") == ""


def test_this_machine_says_what_it_is() -> None:
    facts = machine()
    assert set(facts) >= {"chip", "os", "python", "memory", "load"}
    assert all(isinstance(value, str) and value for value in facts.values())
    described = {"mlx": "1.2.3", "info": {"backend": "cpu"}}
    found = environment(described, "small")
    assert found == {
        **facts,
        "mlx": "1.2.3",
        "device": "cpu",
        "preset": "small",
        "load": found["load"],
    }


def test_a_cuda_device_is_the_chip() -> None:
    described = {"mlx": "1.2.3", "info": {"backend": "cuda", "device_name": "NVIDIA L4"}}
    assert environment(described, "seed")["chip"] == "NVIDIA L4"
