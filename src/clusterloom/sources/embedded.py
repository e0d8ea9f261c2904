"""The examples that ship with the program."""

from __future__ import annotations

from importlib.resources import as_file, files

from clusterloom.errors import SourceError
from clusterloom.sources.folder import read_folder
from clusterloom.tables import Tables

__all__ = ["EMBEDDED", "read_embedded"]

EMBEDDED = ("belarus_china", "valley")


def read_embedded(name: str) -> Tables:
    """Read an embedded example: `belarus_china` (real organisations) or `valley` (invented).

    Raises
    ------
    SourceError
        If there is no example of that name.
    """
    if name not in EMBEDDED:
        raise SourceError(
            f"there is no embedded example `{name}`", rule=f"they are {', '.join(EMBEDDED)}"
        )
    with as_file(files("clusterloom").joinpath("data", name)) as folder:
        return read_folder(folder)
