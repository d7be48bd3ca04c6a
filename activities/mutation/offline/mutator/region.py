"""The part of a program that mutation may change: between the EVOLVE-BLOCK marker lines."""

import re
from typing import NamedTuple

from .unusable import Unusable

MARKER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*#[ \t]*EVOLVE-BLOCK-(START|END)\b")


class Block(NamedTuple):
    """Byte range below a START marker line and above its END marker line."""

    start: int
    end: int


def find_blocks(lines: list[bytes]) -> list[Block]:
    """Finds the blocks of a program given as lines with their line ends; at least one.

    Raises:
        Unusable: markers are missing, nested or unpaired.
    """
    blocks: list[Block] = []
    opened: tuple[int, int] | None = None
    offset = 0
    for number, line in enumerate(lines, 1):
        found = MARKER.match(line)
        if found and found[1] == b"START":
            if opened:
                raise Unusable(
                    f"EVOLVE-BLOCK-START in line {number} while the one in line {opened[0]} is still open"
                )
            opened = (number, offset + len(line))
        elif found:
            if not opened:
                raise Unusable(f"EVOLVE-BLOCK-END in line {number} without an EVOLVE-BLOCK-START above it")
            blocks.append(Block(opened[1], offset))
            opened = None
        offset += len(line)
    if opened:
        raise Unusable(f"EVOLVE-BLOCK-START in line {opened[0]} has no EVOLVE-BLOCK-END")
    if not blocks:
        raise Unusable("no EVOLVE-BLOCK markers in the program")
    return blocks
