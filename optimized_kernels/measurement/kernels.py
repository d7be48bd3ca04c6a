"""Built kernels, from the reference's scratch folder to a program's."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def copy_kernels(reference: Path, other: Path) -> None:
    """Copies the kernels that MLX has built below one side's folder for temporary files (on a CPU
    ``mlx/<version>/cpu/lib….so``) to the same places of another's. What is there already stays.

    The other side may be at work: it sees whole kernels only, and nothing is written through a link of its
    making, as every folder is opened by name from the one above. Whatever it has put in the way, it builds
    then what it needs.
    """
    built = reference / "mlx"
    if not built.is_dir():
        return
    for folder, _, files, source in os.fwalk(built):
        if files:
            with suppress(OSError), _folder(other, Path(folder).relative_to(reference)) as target:
                for name in set(files) - set(os.listdir(target)):
                    _copy(name, source, target)


@contextmanager
def _folder(root: Path, path: Path) -> Iterator[int]:
    """Opens a folder below another one, made where it is missing."""
    with ExitStack() as stack:
        folder = os.open(root, _FOLDER)
        stack.callback(os.close, folder)
        for name in path.parts:
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=folder)
            folder = os.open(name, _FOLDER, dir_fd=folder)
            stack.callback(os.close, folder)
        yield folder


def _copy(name: str, source: int, target: int) -> None:
    """Under another name first: whoever finds a kernel loads it."""
    partial = f".{secrets.token_hex(8)}"
    try:
        with (
            open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=source), "rb") as kernel,
            open(os.open(partial, _NEW, 0o700, dir_fd=target), "wb") as copy,
        ):
            shutil.copyfileobj(kernel, copy)
        os.link(partial, name, src_dir_fd=target, dst_dir_fd=target, follow_symlinks=False)
    finally:
        with suppress(OSError):
            os.unlink(partial, dir_fd=target)
