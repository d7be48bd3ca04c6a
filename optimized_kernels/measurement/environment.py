"""What was measured on. Read-only; what a system does not tell is left out."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from optimized_kernels.measurement.linux_state import linux_state
from optimized_kernels.measurement.macos_state import macos_state
from optimized_kernels.measurement.nvidia_state import nvidia_state

LOOK_SECONDS = 2.0


def parse_cpuinfo(text: str) -> str:
    """The model in ``/proc/cpuinfo``; empty where it names none, as on ARM."""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return ""


def _cpu_name() -> str:
    found = ""
    try:
        if sys.platform == "darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            asked = subprocess.run(command, capture_output=True, text=True, timeout=LOOK_SECONDS, check=False)
            found = asked.stdout.strip()
        elif sys.platform == "linux":
            found = parse_cpuinfo(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except (OSError, subprocess.TimeoutExpired):
        pass  # a sandbox may hide either
    return found or platform.processor() or platform.machine() or "unknown"


def _memory() -> str | None:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
    return f"{size / 2**30:.1f} GiB" if size > 0 else None


def _load() -> str | None:
    try:
        return f"{os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"
    except OSError:
        return None


def machine() -> dict[str, str]:
    """What is known without asking MLX: chip, os, python; memory, load, power, thermal where known."""
    facts = {"chip": _cpu_name(), "os": platform.platform(), "python": platform.python_version()}
    more = {"memory": _memory(), "load": _load()}
    facts |= {name: value for name, value in more.items() if value is not None}
    if sys.platform == "darwin":
        return facts | macos_state()
    return facts | linux_state() if sys.platform == "linux" else facts


def environment(description: dict[str, Any], preset: str) -> dict[str, str]:
    """Strings for the result; `description` is the reference side's answer to ``describe``."""
    info = description["info"]
    facts = {**machine(), "mlx": str(description["mlx"]), "device": str(info["backend"]), "preset": preset}
    if facts["device"] == "cuda":
        facts |= nvidia_state()
        if "device_name" in info:
            facts["chip"] = str(info["device_name"])
    return facts
