"""Power limit, clocks and temperature of an NVIDIA GPU, as ``nvidia-smi`` tells."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

LOOK_SECONDS = 3.0
FIELDS = ("name", "power.limit", "power.draw", "clocks.sm", "clocks.max.sm", "temperature.gpu")


def parse_query(line: str) -> dict[str, str]:
    """`power`, `thermal`, `clock` from a line that ``nvidia-smi --query-gpu=FIELDS`` printed as bare CSV.

    What the driver does not tell, ``[N/A]`` or ``[Not Supported]``, is left out.
    """
    values = [value.strip() for value in line.split(",")]
    if len(values) != len(FIELDS):
        return {}
    fields = {name: value for name, value in zip(FIELDS, values, strict=True) if not value.startswith("[")}
    found = {}
    if "power.limit" in fields:
        found["power"] = f"limit {fields['power.limit']} W"
    if "power.draw" in fields:
        found["power"] = ", ".join([*filter(None, [found.get("power")]), f"draws {fields['power.draw']} W"])
    if "temperature.gpu" in fields:
        found["thermal"] = f"{fields['temperature.gpu']} °C"
    if "clocks.sm" in fields:
        most = f" of {fields['clocks.max.sm']}" if "clocks.max.sm" in fields else ""
        found["clock"] = f"{fields['clocks.sm']}{most} MHz"
    return found


def visible_gpu(env: Mapping[str, str]) -> str:
    """Index or UUID of the GPU that MLX computes on."""
    return env.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip() or "0"


def nvidia_state() -> dict[str, str]:
    """What the driver tells of the GPU in use; nothing where there is no ``nvidia-smi``."""
    query = [f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    command = ["nvidia-smi", f"--id={visible_gpu(os.environ)}", *query]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=LOOK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_query(asked.stdout.strip()) if asked.returncode == 0 else {}
