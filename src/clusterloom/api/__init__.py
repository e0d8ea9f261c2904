"""Everything Clusterloom can do, as Python: what the command line and the pages call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterloom import __version__
from clusterloom.api.recipes import (
    check_recipe,
    default_recipe_text,
    embedded_recipe,
    parse_recipe_record,
    schema_tables,
    stage_classes,
)
from clusterloom.errors import ClusterloomError, UsageError, WorkspaceError
from clusterloom.plan.recipe import (
    Recipe,
    build_stages,
    read_recipe,
)
from clusterloom.plan.run import Progress, run_stages
from clusterloom.plan.workspace import Workspace
from clusterloom.tables import Tables, engine_named

if TYPE_CHECKING:
    from clusterloom.text import Encoder

__all__ = [
    "ImportSummary",
    "Plan",
    "Project",
    "check_recipe",
    "default_recipe_text",
    "embedded_recipe",
    "parse_recipe_record",
    "read_recipe",
    "schema_tables",
    "stage_classes",
]

Talk = Callable[[str], None]


@dataclass(frozen=True)
class ImportSummary:
    """What an import brought: rows by table, rows in quarantine, places not found, texts moved.

    `texts_moved` counts the texts of activities that stood in the column of another language; each
    has a note in quarantine too.
    """

    source_id: str
    changed: bool
    rows: Mapping[str, int]
    quarantined: int
    places_not_found: Sequence[str] = field(default_factory=tuple)
    texts_moved: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain data."""
        return {
            "source_id": self.source_id,
            "changed": self.changed,
            "rows": dict(self.rows),
            "quarantined": self.quarantined,
            "places_not_found": list(self.places_not_found),
            "texts_moved": self.texts_moved,
        }


@dataclass(frozen=True)
class Plan:
    """A finished plan: all tables of one run of a recipe."""

    plan_id: str
    recipe: Recipe
    tables: Tables
    runs: Mapping[str, Mapping[str, Any]]

    def view(self, language: str = "en") -> dict[str, Any]:
        """Return the plan as a reader sees it, in one language, as plain data."""
        from clusterloom.views.plan_view import plan_view

        meta = {
            "plan_id": self.plan_id,
            "title": self.recipe.title_in(language),
            "version": __version__,
            "runs": {run_id: dict(run) for run_id, run in self.runs.items()},
        }
        return plan_view(self.tables, language=language, meta=meta)

    def summary(self, language: str = "en") -> list[str]:
        """Return the plan in short, line by line."""
        from clusterloom.views.summary import summary_lines

        return summary_lines(self.view(language))

    def report(self, path: Path, *, language: str = "en") -> Path:
        """Write the report as one self-contained HTML file."""
        from clusterloom.views.files import write_text
        from clusterloom.views.report import render_report

        return write_text(path, render_report(self.view(language)))

    def export(self, folder: Path, formats: Sequence[str], *, language: str = "en") -> list[Path]:
        """Write the plan's tables in the named formats; UsageError on an unknown one."""
        from clusterloom.views.exports import FORMATS, export_plan

        unknown = [name for name in formats if name not in FORMATS]
        if unknown:
            raise UsageError(
                f"there is no format `{unknown[0]}`", rule=f"formats are {', '.join(FORMATS)}"
            )
        return export_plan(self.tables, folder, tuple(formats), language)

    def write(self, folder: Path) -> list[Path]:
        """Write the plan folder: reports, exports, the recipe, and the forms to fill in."""
        from clusterloom.views.exports import write_templates
        from clusterloom.views.files import write_text

        languages = self.recipe.languages
        written = [
            self.report(folder / f"report.{language}.html", language=language)
            for language in languages
        ]
        written += self.export(folder / "tables", self.recipe.formats, language=languages[0])
        written += write_templates(folder / "to_fill_in")
        lines = "\n".join(self.summary(languages[0])) + "\n"
        written.append(write_text(folder / "summary.txt", lines))
        return written

    def why(self, row: str, *, language: str = "en") -> dict[str, Any]:
        """Walk one row (``table:key``) back to its sources."""
        from clusterloom.views.why import why

        return why(self.tables, row, self.runs, language=language)


class Project:
    """A workspace and what can be done with it.

    Texts are compared by the encoders given, one or more; by default by the shipped ones that work
    here. A recipe with a section `text` names its own, and that is what its run uses.
    """

    def __init__(self, workspace: Workspace, *, encoders: Sequence[Encoder] | None = None) -> None:
        if encoders is not None and not encoders:
            raise UsageError("no encoder is given", rule="texts are compared by at least one")
        self.workspace = workspace
        self._given = encoders

    @classmethod
    def create(cls, folder: Path | str, *, encoders: Sequence[Encoder] | None = None) -> Project:
        """Make a folder a workspace (or take up the one that is there)."""
        return cls(Workspace.create(Path(folder)), encoders=encoders)

    @classmethod
    def open(cls, folder: Path | str, *, encoders: Sequence[Encoder] | None = None) -> Project:
        """Open an existing workspace; WorkspaceError if there is none."""
        return cls(Workspace.open(Path(folder)), encoders=encoders)

    @cached_property
    def _encoders(self) -> tuple[Encoder, ...]:
        return self._encoders_of(Recipe())

    def _encoders_of(self, recipe: Recipe) -> tuple[Encoder, ...]:
        """Encoders of a run, each with the cache of vectors before it."""
        from clusterloom.api.encoders import encoders_of_recipe
        from clusterloom.tables.vectors import CachedEncoder

        given = None if recipe.text else self._given
        encoders = encoders_of_recipe(recipe.text) if given is None else given
        return tuple(CachedEncoder(e, self.workspace.vector_path) for e in encoders)

    def encoder_notes(self, recipe: Recipe | None = None) -> list[str]:
        """Say what makes the comparison of texts weaker here than it was measured, if anything.

        A shipped encoder that does not work on this machine, or one whose confidence nobody has
        measured.
        """
        from clusterloom.api.encoders import encoder_notes

        return encoder_notes(self._encoders_of(recipe or Recipe()))

    def import_source(self, spec: str, *, mapping: Path | None = None) -> ImportSummary:
        """Read a source, geocode it, and enter it; importing the same again changes nothing.

        Parameters
        ----------
        spec : path of a folder or workbook, ``cordis:PATH`` or ``embedded:NAME``
        mapping : path of a column mapping file, optional

        Raises
        ------
        SourceError
            If the source cannot be read at all. Single bad rows go to quarantine instead.
        """
        from clusterloom.entities.existing_clusters import settle_clusters
        from clusterloom.entities.gazetteer import geocode
        from clusterloom.entities.own_concordances import check_concordance
        from clusterloom.sources import read_source
        from clusterloom.sources.languages import count_moved

        known = self._org_ids_of_others(spec)
        tables, geocoding = geocode(read_source(spec, mapping=mapping, known_org_ids=known))
        tables, unsettled = settle_clusters(check_concordance(tables))
        source_id = tables.rows("source")[0]["source_id"]
        rows = {name: tables[name].num_rows for name in tables.names if tables[name].num_rows}
        missing = {*(f"{city}, {country}" for city, country in geocoding.unresolved), *unsettled}
        refused = tables.rows("quarantine")
        summary = ImportSummary(
            source_id, True, rows, len(refused), tuple(sorted(missing)), count_moved(refused)
        )
        changed = self.workspace.add_source(tables, spec=spec, summary=summary.as_dict())
        return replace(summary, changed=changed)

    def draft_concordance(
        self,
        titles: Path,
        *,
        scheme: str,
        out: Path,
        against: str = "",
        against_titles: Path | None = None,
    ) -> int:
        """Propose fields for the codes of a classification the program does not know.

        Parameters
        ----------
        titles : CSV, XLSX or Parquet file of codes and titles
        scheme : name of the classification, e.g. ``gbt4754`` or ``euroscivoc``
        out : file to write: a table `concordance` to read, correct and import
        against : known classification whose codes called alike lend their fields, optional
        against_titles : its codes and titles, where they do not travel with the program

        Returns
        -------
        number of codes

        Raises
        ------
        SourceError
            If the file cannot be read, or has faulty lines.
        """
        from clusterloom.entities.concordance_draft import draft_concordance
        from clusterloom.sources import read_titles
        from clusterloom.views.exports import write_csv

        lines = [(line.line, line.cells) for line in read_titles(titles)]
        known = read_titles(against_titles) if against_titles is not None else None
        rows = draft_concordance(
            lines,
            scheme=scheme,
            encoders=self._encoders,
            file=titles.name,
            against=against,
            known=None if known is None else [(line.line, line.cells) for line in known],
        )
        write_csv(out, list(rows[0]), rows)
        return len({row["code"] for row in rows})

    def run(self, recipe: Recipe, *, progress: Progress | None = None) -> Plan:
        """Run the whole way: sources of the recipe (imported where needed), stages, plan."""
        from clusterloom.api.fit import workspace_model
        from clusterloom.entities.catalogue import read_catalogue

        model = workspace_model(self.workspace.folder)
        settings = {"encoders": self._encoders_of(recipe), "model": model}
        stages = build_stages(recipe, stage_classes(), settings=settings)
        source_ids = [self._imported(spec) for spec in recipe.sources] or None
        inputs = self.workspace.inputs(source_ids).merged(read_catalogue())
        tables = Tables(inputs.by_name, engine_named(recipe.engine))
        plan_id, tables = run_stages(
            self.workspace, tables, stages, recipe=recipe, progress=progress
        )
        return Plan(plan_id, recipe, tables, self._runs_of(plan_id))

    def plan(self, plan_id: str | None = None) -> Plan:
        """Return a stored plan: the newest, or the one named (a unique beginning is enough)."""
        record = self.plan_record(plan_id)
        recipe = parse_recipe_record(record["recipe"])
        tables = self.workspace.load(record["tables"])
        return Plan(record["plan_id"], recipe, tables, self._runs_of(record["plan_id"]))

    def plan_record(self, plan_id: str | None = None) -> dict[str, Any]:
        """Return what the ledger says of a plan, its tables not loaded; WorkspaceError if none."""
        plans = self.workspace.ledger.plans()
        chosen = [p for p in plans if plan_id is None or p["plan_id"].startswith(plan_id)]
        if not chosen:
            raise WorkspaceError(
                f"there is no plan `{plan_id}`" if plan_id else "there is no plan yet",
                hint="`clusterloom run` makes one",
            )
        return chosen[-1]

    def check(self) -> dict[str, Any]:
        """Look the workspace over: refused rows, missing places, encoders, damaged tables."""
        ledger = self.workspace.ledger
        findings: list[str] = []
        for record in ledger.imports():
            summary = record["summary"]
            if summary["quarantined"]:
                findings.append(
                    f"source `{record['source_id']}`: {summary['quarantined']} rows in quarantine"
                )
            if summary.get("texts_moved"):  # imports of older versions have no such count
                findings.append(
                    f"source `{record['source_id']}`: {summary['texts_moved']} texts stood in the "
                    "column of another language and were moved: clusterloom show quarantine"
                )
            if summary["places_not_found"]:
                findings.append(
                    f"source `{record['source_id']}`: {len(summary['places_not_found'])} places "
                    f"not found, e.g. {summary['places_not_found'][0]}"
                )
        try:
            findings += self.encoder_notes()
        except ClusterloomError as fault:  # no encoder works at all: the tables are still looked at
            findings.append(f"{fault.fault} (remedy: {fault.hint})")
        damaged = self._damaged()
        return {
            "ok": not damaged,
            "sources": [r["source_id"] for r in ledger.imports()],
            "plans": [p["plan_id"] for p in ledger.plans()],
            "findings": findings,
            "damaged": damaged,
        }

    def _damaged(self) -> list[str]:
        from clusterloom.tables import table_digest

        damaged = []
        ledger = self.workspace.ledger
        for record in [*ledger.imports(), *ledger.plans()]:
            for name, digest in record["tables"].items():
                try:
                    if table_digest(self.workspace.store.get(name, digest)) != digest:
                        damaged.append(f"{name}/{digest[:12]} does not have its digest")
                except WorkspaceError as fault:
                    damaged.append(fault.fault)
        return sorted(set(damaged))

    def _org_ids_of_others(self, spec: str) -> set[str]:
        """Organisations of the sources in force, but for the source that is read anew."""
        others = [r for r in self.workspace.ledger.imports() if r["spec"] != spec]
        found = [
            self.workspace.store.get("organisation", record["tables"]["organisation"])
            for record in others
            if "organisation" in record["tables"]
        ]
        return {str(org_id) for table in found for org_id in table["org_id"].to_pylist()}

    def _imported(self, spec: str) -> str:
        for record in self.workspace.ledger.imports():
            if record["spec"] == spec or record["source_id"] == spec:
                return str(record["source_id"])
        return self.import_source(spec).source_id

    def _runs_of(self, plan_id: str) -> dict[str, dict[str, Any]]:
        record = next(p for p in self.workspace.ledger.plans() if p["plan_id"] == plan_id)
        runs = self.workspace.ledger.runs()
        return {run_id: runs[run_id] for run_id in record["runs"]}
