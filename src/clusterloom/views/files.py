"""Write a file whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from clusterloom.errors import WorkspaceError

__all__ = ["write_bytes", "write_text"]


def write_bytes(path: Path, content: bytes) -> Path:
    """Write under a temporary name, then rename: a reader never sees half a file.

    Raises
    ------
    WorkspaceError
        If the disk refuses; what stood there before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as fault:
        temporary.unlink(missing_ok=True)
        raise WorkspaceError(
            f"cannot write {path.name}: {fault.strerror or fault}",
            rule="the folder needs room and the right to write",
            hint="free space or choose another folder with --out",
        ) from fault
    return path


def write_text(path: Path, content: str) -> Path:
    """Write text as UTF-8 with line feeds; otherwise as `write_bytes`."""
    return write_bytes(path, content.encode("utf-8"))
