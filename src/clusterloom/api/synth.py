"""Synthetic countries with planted clusters, written as tables that can be imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clusterloom.errors import UsageError
from clusterloom.sources.synthetic import SyntheticCountry, synthetic_country

__all__ = ["SynthSummary", "SyntheticCountry", "field_groups", "write_synthetic_country"]

_FORMATS = ("csv", "parquet")
_FEWEST_FIELDS = 3  # of a group; a cluster in one field alone shows nothing of adjacency
# Files are named as `clusterloom import` knows them.
_FILES = {"place": "places", "organisation": "organisations", "activity": "activities",
          "link": "links"}  # fmt: skip
# What the reader of a folder fills in itself.
_LEFT_OUT = ("source_id", "source_row", "evidence")


@dataclass(frozen=True)
class SynthSummary:
    """What was written: files, rows by table, planted clusters."""

    folder: Path
    rows: Mapping[str, int]
    n_clusters: int
    truth: Path

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain data."""
        return {
            "folder": str(self.folder),
            "rows": dict(self.rows),
            "clusters": self.n_clusters,
            "truth": str(self.truth),
        }


def field_groups() -> dict[str, list[str]]:
    """Groups of fields that clusters are planted in: broad fields with at least three narrow ones.

    Examples
    --------
    >>> "laser-technology" in field_groups()["photonics-optics"]
    True
    """
    from clusterloom.entities.catalogue import read_catalogue

    groups: dict[str, list[str]] = {}
    for row in read_catalogue().rows("field"):
        if row["parent_id"] is not None:
            groups.setdefault(row["parent_id"], []).append(row["field_id"])
    return {name: fields for name, fields in groups.items() if len(fields) >= _FEWEST_FIELDS}


def write_synthetic_country(
    wanted: SyntheticCountry, folder: Path, *, file_format: str = "csv"
) -> SynthSummary:
    """Invent a country and write its tables and, apart from them, the truth.

    Parameters
    ----------
    wanted : size, planted clusters, noise, overlap, missing data and seed
    folder : folder to write; `clusterloom import` reads it. The truth is written beside it, as
        ``<folder>.truth.csv`` (organisation, planted cluster, group of fields), so that no import
        takes it in.
    file_format : csv or parquet (for more than some 100,000 organisations)

    Returns
    -------
    SynthSummary

    Raises
    ------
    UsageError
        On a format that is not known, or a folder that holds other files already.
    """
    if file_format not in _FORMATS:
        raise UsageError(
            f"there is no format `{file_format}`", rule=f"formats are {', '.join(_FORMATS)}"
        )
    mine = {f"{name}.{kind}" for name in _FILES.values() for kind in _FORMATS} | {"source.toml"}
    others = (
        sorted(p.name for p in folder.iterdir() if p.name not in mine) if folder.is_dir() else []
    )
    if others:
        raise UsageError(
            f"{folder} holds `{others[0]}` already",
            rule="a synthetic country is written into an empty folder or over another one",
            hint="name another folder with --out",
        )
    tables, truth = synthetic_country(wanted, field_groups())
    folder.mkdir(parents=True, exist_ok=True)
    for old in mine:
        (folder / old).unlink(missing_ok=True)
    for table, name in _FILES.items():
        _write(_without_empty(tables[table]), folder / f"{name}.{file_format}")
    about = f'name = "{tables.rows("source")[0]["name"]}"\nlicence = "CC0-1.0"\n'
    (folder / "source.toml").write_text(about, encoding="utf-8")
    beside = folder.with_name(f"{folder.name}.truth.csv")
    _write(truth, beside)
    rows = {table: tables[table].num_rows for table in _FILES}
    return SynthSummary(folder, rows, wanted.n_clusters, beside)


def _without_empty(table: pa.Table) -> pa.Table:
    """Only columns that say something, and not those the reader fills in."""
    told: Sequence[str] = [
        name
        for name in table.column_names
        if name not in _LEFT_OUT and table[name].null_count < max(table.num_rows, 1)
    ]
    return table.select(list(told))


def _write(table: pa.Table, path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.csv.write_csv(table, path)
