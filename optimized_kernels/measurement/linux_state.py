"""Power source, temperature and clock policy of a Linux machine, as ``/sys`` tells."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SYS = Path("/sys")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""  # virtual machines and sandboxes lack most of these files


def _folders(path: Path) -> list[Path]:
    try:
        return sorted(path.iterdir())
    except OSError:
        return []


def power_of(supplies: Iterable[dict[str, str]]) -> str | None:
    """Power source from supplies with fields of ``/sys/class/power_supply/*``: type, online, status.

    A battery that discharges is in use, whatever else is plugged in.
    """
    known = list(supplies)
    # Batteries of mice and keyboards say that their scope is a device.
    batteries = [
        supply for supply in known if supply.get("type") == "Battery" and supply.get("scope") != "Device"
    ]
    plugged = any(
        supply.get("type") in ("Mains", "USB", "Wireless") and supply.get("online") == "1" for supply in known
    )
    drained = any(battery.get("status") == "Discharging" for battery in batteries)
    if not plugged and not batteries:
        return None
    source = "battery" if drained or not plugged else "mains"
    charges = [battery["capacity"] for battery in batteries if battery.get("capacity", "").isdigit()]
    return f"{source}, charged to {min(map(int, charges))} %" if charges else source


def hottest(millidegrees: Iterable[str]) -> str | None:
    """The highest of the temperatures in ``/sys/class/thermal/thermal_zone*/temp``, in degrees Celsius."""
    degrees = [int(text) / 1000 for text in millidegrees if text.lstrip("-").isdigit()]
    # Sensors that are switched off report zero or less.
    real = [value for value in degrees if 0 < value < 200]
    return f"{max(real):.0f} °C" if real else None


def linux_state(sys: Path = SYS) -> dict[str, str]:
    """`power`, `thermal` and `governor` where the system tells."""
    fields = ("type", "online", "status", "capacity", "scope")
    supplies = [
        {name: _read(folder / name) for name in fields} for folder in _folders(sys / "class/power_supply")
    ]
    zones = [_read(zone / "temp") for zone in _folders(sys / "class/thermal")]
    found = {
        "power": power_of(supplies),
        "thermal": hottest(zones),
        "governor": _read(sys / "devices/system/cpu/cpu0/cpufreq/scaling_governor") or None,
    }
    return {name: value for name, value in found.items() if value is not None}
