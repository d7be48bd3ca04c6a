"""Messages between the harness and a side: a length, then that many bytes.

A JSON object may announce arrays; each follows as a frame of raw little-endian float32.
"""

from __future__ import annotations

import json
import os
import struct
from typing import Any

HEADER = struct.Struct("<Q")
MAX_MESSAGE = 16 * 2**20


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Writes all of `data`, however often the pipe is full."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_frame(descriptor: int, data: bytes | memoryview) -> None:
    """Writes one frame."""
    size = memoryview(data).nbytes
    write_all(descriptor, HEADER.pack(size))
    write_all(descriptor, memoryview(data).cast("B") if size else b"")


def write_message(descriptor: int, message: dict[str, Any]) -> None:
    """Writes one JSON object as a frame."""
    body = json.dumps(message).encode()
    write_all(descriptor, HEADER.pack(len(body)) + body)


def read_exactly(descriptor: int, size: int) -> bytes:
    """Reads `size` bytes; EOFError where the other end closes first."""
    parts = bytearray()
    while len(parts) < size:
        part = os.read(descriptor, min(size - len(parts), 2**20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def read_message(descriptor: int) -> dict[str, Any]:
    """Reads one JSON object; EOFError at the end of the stream. For the trusted direction only."""
    (size,) = HEADER.unpack(read_exactly(descriptor, HEADER.size))
    message: dict[str, Any] = json.loads(read_exactly(descriptor, size))
    return message
