"""Write the reference pages: tables, command line, recipe, fields, and the bibliography.

The first four come from the program itself, the last from `docs/references.bib`.

Run by `make docs`; `tests/test_docs.py` fails when the committed pages are not up to date.
"""

from __future__ import annotations

import ast
import html
import inspect
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer.main

from clusterloom.api import default_recipe_text, stage_classes
from clusterloom.cli.main import app
from clusterloom.entities.catalogue import CATALOGUE_VERSION, read_catalogue
from clusterloom.plan import stage_parameters
from clusterloom.schema import TABLES, Column, TableKind, TableSchema

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"

# What a comment in the source does not say because the name and the docstring there say it.
_SAID_ELSEWHERE = {
    "seed": "whole number; starts the random draws, the same seed gives the same rows",
    "finance.stages_of_role": (
        "stages a kind of capital is assumed to finance where it has stated no profile"
    ),
    "finance.stage_of_kind": (
        "stage a kind of work is assumed to stand at where no readiness level is stated"
    ),
}

_KIND_INTRO = {
    TableKind.INPUT: "Input tables: what people and registers say. Only these are imported.",
    TableKind.DERIVED: "Derived tables: what the program makes on the way to the stages.",
    TableKind.RESULT: "Result tables: what the stages conclude; every row has its reasons.",
}


def pages() -> dict[str, str]:
    """Return file name -> text of every generated page."""
    return {
        "schema.md": schema_page(),
        "cli.md": cli_page(),
        "recipe.md": recipe_page(),
        "fields.md": fields_page(),
        "references.md": references_page(),
    }


def schema_page() -> str:
    """Document every table and column."""
    lines = [
        *_head("Tables", "`clusterloom schema` prints the same."),
        "A row is named `table:key`; the parts of a key are joined by `~`. Text is UTF-8, years "
        "are whole numbers, coordinates are WGS 84 degrees, money carries its currency. An empty "
        "cell means what the column *empty means* says; `never` marks a required column.",
        "",
    ]
    for kind in TableKind:
        lines += [f"## {kind.value.capitalize()} tables", "", _KIND_INTRO[kind], ""]
        for table in TABLES.values():
            if table.kind is kind:
                lines += _table_section(table)
    return _text(lines)


def _table_section(table: TableSchema) -> list[str]:
    lines = [f"### {table.name}", "", f"{_plain(table.meaning)}", ""]
    lines.append("Key: " + ", ".join(_code(name) for name in table.key) + ".")
    for column, target in table.references:
        lines[-1] += f" {_code(column)} refers to [{target}](#{target})."
    rows = [
        [
            _code(c.name),
            c.type.value,
            "" if c.unit == "-" else _plain(c.unit),
            _plain(c.meaning) + _limits(c),
            _plain(c.null),
            _code(c.example),
        ]
        for c in table.columns
    ]
    header = ("column", "type", "unit", "meaning", "empty means", "example")
    return [*lines, "", *_grid(header, rows), ""]


def _limits(column: Column) -> str:
    if column.choices:
        return "; one of " + ", ".join(_code(choice) for choice in column.choices)
    low, high = column.minimum, column.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f"; at least {low:g}"
    return f"; at most {high:g}" if low is None else f"; {low:g} to {high:g}"


def cli_page() -> str:
    """Document every command with its arguments and options."""
    root: Any = typer.main.get_command(app)
    lines = [
        *_head("Command line", "`clusterloom COMMAND --help` prints the same."),
        "Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, "
        "2 misused. An error names the fault, the rule and the remedy.",
        "",
    ]
    for name, command in _commands(root):
        parameters = [p for p in command.params if p.name != "help"]
        arguments = [p for p in parameters if p.param_type_name == "argument"]
        usage = " ".join(
            [f"clusterloom {name}"]
            + (["[OPTIONS]"] if len(arguments) < len(parameters) else [])
            + [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments]
        )
        lines += [f"## {name}", "", _plain(command.help.strip()), "", "```text", usage, "```", ""]
        rows = [_parameter_row(p) for p in parameters]
        lines += [*_grid(("argument or option", "meaning", "default"), rows), ""]
    return _text(lines)


def _commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Go through the commands of a group, those of groups inside it by both names."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _parameter_row(parameter: Any) -> list[str]:
    if parameter.param_type_name == "argument":
        names = _code(parameter.name.upper())
        meaning = parameter.help or ""
    else:
        options = (*parameter.opts, *parameter.secondary_opts)
        names = ", ".join(_code(option) for option in options)
        meaning = parameter.help or ""
        if parameter.envvar:
            meaning += f" Environment variable: {parameter.envvar}."
    if parameter.required:
        default = "required"
    elif parameter.default is None:
        default = "none"
    elif isinstance(parameter.default, bool):
        default = "on" if parameter.default else "off"
    else:
        default = _code(str(parameter.default))
    return [names, _plain(meaning), default]


def recipe_page() -> str:
    """Document the recipe: every stage with every parameter, then the complete default recipe."""
    lines = [
        *_head("Recipe", "`clusterloom recipe` prints the complete recipe with all defaults."),
        "A recipe is a TOML file. It names the sources, the languages of the report, the export "
        "formats, and those parameters of stages that differ from the defaults. All faults of a "
        "recipe are reported at once.",
        "",
        *_grid(
            ("name", "meaning", "default"),
            [
                [_code("title"), "title of the plan", _code("Cluster plan")],
                [
                    ", ".join(_code(f"title_{code}") for code in ("ru", "be", "zh")),
                    "title in the reports of a language",
                    "the title",
                ],
                [
                    _code("sources"),
                    "folders, workbooks, `cordis:PATH` or `embedded:NAME`; "
                    "empty means everything imported",
                    "empty",
                ],
                [_code("languages"), "languages of the report: en, ru, be, zh", _code('["en"]')],
                [
                    _code("formats"),
                    "files of the plan folder: csv, xlsx, geojson, gexf, graphml, json",
                    _code('["csv", "xlsx", "geojson", "json"]'),
                ],
                [_code("engine"), "duckdb or spark; the results are the same", _code("duckdb")],
                [
                    _code("text.encoder"),
                    "sentence encoder of your own: folder, or .onnx file; "
                    "see [Use a stronger encoder](../how-to/use-your-own-encoder.md)",
                    "the shipped ones",
                ],
                [_code("text.prefix"), "put before every text", "empty"],
                [_code("text.kind"), "auto, onnx or sentence-transformers", _code("auto")],
                [
                    _code("text.alone"),
                    "true leaves the shipped encoders out",
                    _code("false"),
                ],
                [
                    _code("stages.NAME"),
                    "parameters of one stage that differ from its defaults",
                    "none",
                ],
            ],
        ),
        "",
        "Stages run in this order.",
        "",
    ]
    for cls in stage_classes():
        lines += _stage_section(cls)
    lines += ["## Complete recipe", "", "```toml", default_recipe_text().rstrip(), "```"]
    return _text(lines)


def _stage_section(cls: type[Any]) -> list[str]:
    docs = parameter_comments(cls)
    title = (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")
    title = title.removeprefix("Stage: ").removeprefix("Stage:")
    rows = [
        [_code(name), _code(_toml(value)), _plain(docs[name])]
        for name, value in stage_parameters(cls).items()
    ]
    tables = [
        f"Reads {', '.join(f'[{t}](schema.md#{t})' for t in cls.reads)}.",
        f"Writes {', '.join(f'[{t}](schema.md#{t})' for t in cls.writes)}.",
    ]
    explained = f"Explained in [{cls.name}](../explanation/{cls.name}.md)."
    head = [f"## {cls.name}", "", _plain(title[:1].upper() + title[1:]), "", *tables, explained, ""]
    return [*head, *_grid(("parameter", "default", "unit and effect"), rows), ""]


def parameter_comments(cls: type[Any]) -> dict[str, str]:
    """Return what the source says of each parameter: its trailing comment, else the one above."""
    source = inspect.getsource(cls)
    comments = {
        token.start[0]: (token.string.lstrip("# ").strip(), token.line.strip().startswith("#"))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    wanted = set(stage_parameters(cls))
    found: dict[str, str] = {}
    above = ""
    for node in tree.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        name, last = node.target.id, node.end_lineno or node.lineno
        inline = " ".join(
            text
            for line in range(node.lineno, last + 1)
            for text, alone in [comments.get(line, ("", True))]
            if text and not alone
        )
        block = _comment_above(comments, node.lineno)
        above = block or above  # a comment may speak of the two parameters below it
        if name in wanted:
            key = f"{cls.name}.{name}"  # type: ignore[attr-defined]
            extra = _SAID_ELSEWHERE.get(key, _SAID_ELSEWHERE.get(name, ""))
            found[name] = inline or block or extra or above
    missing = sorted(name for name in wanted if not found.get(name))
    if missing:
        raise SystemExit(f"stage `{cls.name}`: nothing says what `{missing[0]}` means")  # type: ignore[attr-defined]
    return found


def _comment_above(comments: Mapping[int, tuple[str, bool]], line: int) -> str:
    block: list[str] = []
    while (line := line - 1) in comments and comments[line][1]:
        block.insert(0, comments[line][0])
    return " ".join(block)


def fields_page() -> str:
    """List the field catalogue."""
    rows = read_catalogue().rows("field")
    heads = [row for row in rows if row["parent_id"] is None]
    lines = [
        *_head("Field catalogue", "`clusterloom show field` prints the table of a plan."),
        f"Version {CATALOGUE_VERSION}: {len(rows)} fields, {len(heads)} of them of the first "
        "level. Labels, descriptions and the paradigm column are the project's own; the paradigm "
        "is a judgement, not an official classification. Codes link to WIPO technology fields, "
        "OECD fields of research (FORD), ISIC Rev. 4, NACE Rev. 2 and IPC subclasses.",
        "",
    ]
    header = ("field_id", "en", "ru", "be", "zh", "paradigm", "WIPO", "FORD", "ISIC", "NACE", "IPC")
    for head in heads:
        own = [row for row in rows if row["parent_id"] == head["field_id"]]
        lines += [f"## {_plain(head['label_en'])}", "", _plain(head["description_en"]), ""]
        lines += [*_grid(header, [_field_cells(row) for row in [head, *own]]), ""]
    return _text(lines)


def _field_cells(row: Mapping[str, Any]) -> list[str]:
    labels = [_plain(row[f"label_{language}"]) for language in ("en", "ru", "be", "zh")]
    codes = [
        (row[name] or "").replace("|", ", ")
        for name in ("paradigm", "wipo35", "ford", "isic", "nace", "ipc")
    ]
    return [_code(row["field_id"]), *labels, *codes]


def _where(entry: dict[str, str]) -> str:
    """Journal, book or publisher of an entry."""
    kinds = ("journal", "booktitle", "institution", "publisher")
    return next(entry[kind] for kind in kinds if kind in entry)


def references_page() -> str:
    """List the works cited, by key."""
    source = (REFERENCE.parent / "references.bib").read_text(encoding="utf-8")
    lines = _head("References", "From `docs/references.bib`; pages and docstrings cite by key.")
    for key, body in re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", source, re.MULTILINE | re.DOTALL):
        entry = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", body, re.MULTILINE))
        people = [_bib(name).strip() for name in entry["author"].split(" and ")]
        where = f"*{_bib(_where(entry))}*"
        if "volume" in entry:
            where += f" {entry['volume']}"
        if "number" in entry:
            where += f"({_bib(entry['number'])})"
        if "pages" in entry:
            where += f", {_bib(entry['pages'])}"
        link = f" [doi:{entry['doi']}](https://doi.org/{entry['doi']})" if "doi" in entry else ""
        title = _bib(entry["title"]).rstrip(".?")
        mark = "?" if entry["title"].endswith("?") else "."
        told = f"{'; '.join(people)} ({entry['year']}). {title}{mark} {where}.{link}"
        lines += [f"## {key}", "", told, ""]
    return _text(lines)


def _bib(text: str) -> str:
    """Plain words of a BibTeX value."""
    text = text.replace(r"{\^e}", "ê").replace("---", "\u2014").replace("--", "\u2013")
    return text.replace("``", "\u201c").replace("''", "\u201d").replace("{", "").replace("}", "")


def _head(title: str, note: str) -> list[str]:
    made = "<!-- Written by scripts/make_reference.py; do not edit by hand. -->"
    return [made, "", f"# {title}", "", note, ""]


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]


def _plain(text: str) -> str:
    """Text for a cell: no live HTML, no stray column separator, one line."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "&#124;")


def _code(text: str) -> str:
    return f"<code>{_plain(text)}</code>"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
