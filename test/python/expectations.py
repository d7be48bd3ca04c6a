"""Programs on file, and what their second line says must happen to them.

# expect: refused [stage][: part of the reason] | true-speed | contained | scored
# allow: modules that the problem's config allows by name
# needs: sandbox, for programs that only the strong one holds; not run where it does not work
# timing: seconds
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
KINDS = ("refused", "true-speed", "contained", "scored")
TIMING = 0.6
HEADERS = ("expect", "allow", "needs", "timing")


@dataclass(frozen=True)
class Expected:
    """What a program's header asks for."""

    path: Path
    tries: str
    kind: str
    stage: str = ""
    reason: str = ""
    allow: tuple[str, ...] = ()
    needs: str = ""
    timing: float = TIMING


def _headers(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, colon, value = line.removeprefix("# ").partition(":")
        if not line.startswith("# ") or not colon or name not in HEADERS:
            break
        found[name] = value.strip()
    return found


def expected_of(path: Path) -> Expected:
    """Reads the header of a program; ValueError where it is none."""
    lines = path.read_text().splitlines()
    headers = _headers(lines[1:])
    how, _, reason = headers.get("expect", "").partition(":")
    kind, _, stage = how.strip().partition(" ")
    if kind not in KINDS:
        raise ValueError(f"{path.name} expects {kind!r}; expected one of {', '.join(KINDS)}")
    return Expected(
        path,
        tries=lines[0].strip('"'),
        kind=kind,
        stage=stage,
        reason=reason.strip(),
        allow=tuple(name.strip() for name in headers.get("allow", "").split(",") if name),
        needs=headers.get("needs", ""),
        timing=float(headers.get("timing", TIMING)),
    )


def programs(folder: str) -> list[Expected]:
    """All programs of `folder`, by name."""
    return [expected_of(path) for path in sorted((PROGRAMS / folder).glob("*.py"))]
