"""Power source and thermal state of a Mac, as ``pmset`` tells."""

from __future__ import annotations

import re
import subprocess

LOOK_SECONDS = 2.0


def parse_battery(text: str) -> str | None:
    """Power source in the output of ``pmset -g batt``: ``mains`` or ``battery``, with the charge if known."""
    source = re.search(r"drawing from '([^']+)'", text)
    if source is None:
        return None
    power = {"AC Power": "mains", "Battery Power": "battery"}.get(source[1], source[1])
    charge = re.search(r"(\d+)%", text)
    return f"{power}, charged to {charge[1]} %" if charge else power


def parse_thermal(text: str) -> str | None:
    """Thermal state in the output of ``pmset -g therm``; None where it says nothing of the kind."""
    limits = dict(re.findall(r"(CPU_\w+?_Limit)\s*=\s*(\d+)", text))
    lowered = [f"{name} {value} %" for name, value in limits.items() if int(value) < 100]
    warning = re.search(
        r"(?:thermal|performance) warning level\s*(?:set to|:|=)\s*(\d+)", text, re.IGNORECASE
    )
    if warning is not None and int(warning[1]) > 0:
        lowered.append(f"warning level {warning[1]}")
    if lowered:
        return f"throttled ({', '.join(lowered)})"
    return "nominal" if limits or warning is not None or "No thermal warning" in text else None


def parse_low_power(text: str) -> bool:
    """Whether the output of ``pmset -g`` says that low power mode is on."""
    return re.search(r"^\s*(?:lowpowermode|powermode)\s+1\b", text, re.MULTILINE) is not None


def _pmset(*arguments: str) -> str:
    command = ["pmset", *arguments]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=LOOK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""  # not a Mac, or not allowed here: nothing is known
    return asked.stdout


def macos_state() -> dict[str, str]:
    """`power` and `thermal` where the system tells."""
    power = parse_battery(_pmset("-g", "batt"))
    if power is not None and parse_low_power(_pmset("-g")):
        power += ", low power mode"
    found = {"power": power, "thermal": parse_thermal(_pmset("-g", "therm"))}
    return {name: value for name, value in found.items() if value is not None}
