"""CORDIS project tables: organisations, projects and who took part with whom."""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clusterloom.errors import SourceError
from clusterloom.sources.folder import source_tables
from clusterloom.sources.read import RawTable, read_csv
from clusterloom.tables import Tables

__all__ = ["read_cordis"]

Record = dict[str, str | None]

# The activity types of CORDIS say what an organisation is legally, roughly what it does.
_ROLE = {
    "HES": "university",
    "REC": "research_institute",
    "PRC": "company",
    "PUB": "government_body",
    "OTH": "association",
}
_KIND = {
    "HES": "research",
    "REC": "research",
    "PRC": "development",
    "PUB": "service",
    "OTH": "service",
}
_LEGAL_FORM = re.compile(
    r"\b(gmbh|ag|kg|ltd|limited|inc|llc|plc|corp|corporation|co|company|sa|spa|srl|sl|slu|sas|sarl|"
    r"bv|nv|oy|ab|as|aps|a s|s a|s p a|s l|s r l|b v|n v|ev|e v)\b"
)
_OBJECTIVE_LENGTH = 300


def read_cordis(path: Path) -> Tables:
    """Read `projects` and `organizations` (.csv or .csv.gz) of a CORDIS extract.

    Spellings of a name that differ only in case, marks, punctuation or legal form within one
    country are one organisation. Every participation is an activity with the project's text;
    every two participants of a project have a tie of weight 1 / (participants - 1), so that a
    large consortium does not outweigh a small one (newman2001). If `euroSciVoc.csv` of a CORDIS
    export lies beside them, the activities of a project carry its codes.

    Raises
    ------
    SourceError
        If one of the two tables is missing, or `euroSciVoc.csv` lacks a column.
    """
    projects_file, organisations_file = _file(path, "projects"), _file(path, "organizations")
    found = (projects_file, organisations_file, _beside(path, "euroSciVoc"))
    content = {f: f.read_bytes() for f in found if f is not None}
    digest = hashlib.sha256(b"".join(f.name.encode() + content[f] for f in content)).hexdigest()
    projects = {
        r["project_id"]: r
        for _, r in _records(read_csv(content[projects_file], projects_file.name))
    }
    codes = _project_codes(
        read_csv(data, file.name)
        for file, data in content.items()
        if file not in (projects_file, organisations_file)
    )
    rows = list(_records(read_csv(content[organisations_file], organisations_file.name)))
    ids = {line: _org_id(r) for line, r in rows if r["org_name"] and r["country"]}
    source = {
        "source_id": "cordis",
        "name": "CORDIS: projects with partners in China",
        "kind": "cordis",
        "licence": "CC BY 4.0",
        "credit": "CORDIS, (c) European Union",
        "digest": digest,
    }
    raws = [
        ("organisation", _organisations(rows, ids, organisations_file.name)),
        ("activity", _activities(rows, ids, projects, codes, organisations_file.name)),
        ("link", _links(rows, ids, projects, organisations_file.name)),
    ]
    return source_tables(source, raws, {})


def _organisations(rows: list[tuple[int, Record]], ids: Mapping[int, str], file: str) -> RawTable:
    """One record for each organisation; the line is that of its first participation."""
    grouped: dict[str, list[tuple[int, Record]]] = defaultdict(list)
    records: list[tuple[int, tuple[str | None, ...]]] = []
    for line, record in rows:
        if line in ids:
            grouped[ids[line]].append((line, record))
        else:
            # Without name or country there is no telling who it is: let the check refuse it.
            nobody = (f"cordis-unknown-{line}", "company", record["org_name"], record["country"])
            records.append((line, (*nobody, record["city"], None, None)))
    for org_id, group in grouped.items():
        name = _most_common(r["org_name"] for _, r in group)
        city = _most_common(r["city"] for _, r in group)
        kind = _most_common(r["org_type"] for _, r in group) or "OTH"
        line, first = group[0]
        who = (org_id, _ROLE.get(kind, "association"), name, first["country"], city)
        records.append((line, (*who, "verified", f"CORDIS project {first['project_id']}")))
    header = ("org_id", "role", "name_en", "country", "city", "evidence", "source_ref")
    return RawTable(file, header, tuple(records))


def _activities(
    rows: list[tuple[int, Record]],
    ids: Mapping[int, str],
    projects: Mapping[str | None, Record],
    codes: Mapping[str, str],
    file: str,
) -> RawTable:
    """One record for each project an organisation took part in, with the project's codes."""
    records = []
    seen: set[tuple[str, str | None]] = set()
    for line, record in rows:
        project = projects.get(record["project_id"])
        if line not in ids or project is None or (ids[line], record["project_id"]) in seen:
            continue
        seen.add((ids[line], record["project_id"]))
        text = ". ".join(
            part
            for part in (
                project["title"],
                (project["objective"] or "")[:_OBJECTIVE_LENGTH],
                project["keywords"],
            )
            if part
        )
        cells = (
            f"{ids[line]}:{record['project_id']}",
            ids[line],
            _KIND.get(record["org_type"] or "OTH", "service"),
            re.sub(r"\s+", " ", text),
            project["start_year"],
            f"cordis:{record['project_id']}",
            "verified",
            f"CORDIS project {record['project_id']}",
        )
        code = codes.get(record["project_id"] or "")
        coded = ("euroscivoc" if code else None, code) if codes else ()
        records.append((line, (*cells, *coded)))
    header = (
        "activity_id", "org_id", "kind", "text_en", "year", "event_id", "evidence", "source_ref",
    )  # fmt: skip
    return RawTable(file, (*header, *(("code_scheme", "code") if codes else ())), tuple(records))


def _project_codes(raws: Iterable[RawTable]) -> dict[str, str]:
    """Project -> its EuroSciVoc codes in one cell; empty without the file."""
    found: dict[str, list[str]] = defaultdict(list)
    for raw in raws:
        plain = [heading.casefold().replace("_", "") for heading in raw.header]
        if not {"projectid", "euroscivoccode"} <= set(plain):
            raise SourceError(
                f"{raw.file} has the columns {', '.join(raw.header)}",
                rule="euroSciVoc.csv has the columns projectID and euroSciVocCode",
                hint="take the file of a CORDIS export as it is, or remove it",
            )
        project, code = plain.index("projectid"), plain.index("euroscivoccode")
        for _, cells in raw.records:
            if cells[project] and cells[code]:
                found[str(cells[project])].append(str(cells[code]))
    return {name: "; ".join(dict.fromkeys(codes)) for name, codes in found.items()}


def _links(
    rows: list[tuple[int, Record]],
    ids: Mapping[int, str],
    projects: Mapping[str | None, Record],
    file: str,
) -> RawTable:
    partners: dict[str, dict[str, int]] = defaultdict(dict)
    for line, record in rows:
        if line in ids and record["project_id"] is not None:
            partners[record["project_id"]].setdefault(ids[line], line)
    records: list[tuple[int, tuple[str | None, ...]]] = []
    for project_id, members in sorted(partners.items()):
        year = projects[project_id]["start_year"] if project_id in projects else None
        weight = f"{1 / max(len(members) - 1, 1):.6f}"
        for a, b in itertools.combinations(sorted(members), 2):
            cells = (
                f"{a}|{b}|{project_id}", a, b, "joint_research", year, f"cordis:{project_id}",
                weight, "verified", f"CORDIS project {project_id}",
            )  # fmt: skip
            records.append((members[a], cells))
    header = (
        "link_id", "org_a", "org_b", "kind", "since_year", "event_id", "weight", "evidence",
        "source_ref",
    )  # fmt: skip
    return RawTable(file, header, tuple(records))


def _org_id(record: Record) -> str:
    """Return a stable id from the name without case, marks, punctuation and legal form."""
    name = unicodedata.normalize("NFKD", record["org_name"] or "").casefold()
    name = "".join(c for c in name if not unicodedata.combining(c))
    plain = re.sub(r"[^\w]+", " ", name).strip()
    short = re.sub(r"\s+", " ", _LEGAL_FORM.sub(" ", plain)).strip() or plain
    stem = re.sub(r"[^a-z0-9]+", "-", short).strip("-")[:40].rstrip("-")
    mark = hashlib.sha256(f"{short}|{record['country']}".encode()).hexdigest()[:6]
    return f"cordis-{(record['country'] or '').casefold()}-{stem}-{mark}"


def _most_common(values: Any) -> str | None:
    counts = Counter(v for v in values if v)
    return min(counts, key=lambda v: (-counts[v], v)) if counts else None


def _records(raw: RawTable) -> list[tuple[int, Record]]:
    return [(line, dict(zip(raw.header, cells, strict=True))) for line, cells in raw.records]


def _file(path: Path, stem: str) -> Path:
    file = _beside(path, stem)
    if file is None:
        raise SourceError(
            f"{path} has no {stem}.csv",
            rule="a CORDIS extract has projects.csv and organizations.csv (plain or .gz)",
            hint="check the path after `cordis:`",
        )
    return file


def _beside(path: Path, stem: str) -> Path | None:
    files = (path / f"{stem}.csv", path / f"{stem}.csv.gz")
    return next((file for file in files if file.exists()), None)
