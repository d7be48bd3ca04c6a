"""What was measured on."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from typing import Any


def _cpu_name() -> str:
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine() -> dict[str, str]:
    """What is known without asking MLX."""
    return {"chip": _cpu_name(), "os": platform.platform(), "python": platform.python_version()}


def environment(description: dict[str, Any], preset: str) -> dict[str, str]:
    """Strings for the result; `description` is the reference side's answer to ``describe``."""
    info = description["info"]
    facts = {**machine(), "mlx": str(description["mlx"]), "device": str(info["backend"]), "preset": preset}
    if facts["device"] == "cuda" and "device_name" in info:
        facts["chip"] = str(info["device_name"])
    return facts
