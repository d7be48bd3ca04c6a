"""Markdown tables and raw results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows of as many cells as the header has."""
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row has {len(row)} cells, the header {len(header)}: {row}")
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def write_raw(path: Path | None, raw: object) -> None:
    """Raw results as JSON, where a path is given."""
    if path is not None:
        path.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
