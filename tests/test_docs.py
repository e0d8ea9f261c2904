"""The documentation fits the program: links, commands, parameters, keys, generated pages."""

from __future__ import annotations

import importlib.util
import re
import shlex
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

from clusterloom.api import stage_classes
from clusterloom.cli.main import app
from clusterloom.plan import stage_parameters
from clusterloom.schema import TABLES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
STAGES = {cls.name: cls for cls in stage_classes()}
KEY = re.compile(r"\b[a-z]{2,}(?:19|20)\d\d\b")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def reference() -> dict[str, str]:
    return script("make_reference").pages()


def headings(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", without_code(text_of(path)), flags=re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", t).strip().lower()) for t in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_internal_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in headings(path), f"{page.name} links to {target}"


def test_every_page_of_the_site_is_in_the_navigation():
    navigation = text_of(ROOT / "mkdocs.yml").split("\nnav:", 1)[1]
    for page in DOCS.rglob("*.md"):
        assert page.relative_to(DOCS).as_posix() in navigation, page.name
    for name in re.findall(r"[\w/-]+\.md", navigation):
        assert (DOCS / name).exists(), name


@pytest.mark.parametrize("name", ["schema.md", "cli.md", "recipe.md", "fields.md", "references.md"])
def test_the_generated_reference_is_up_to_date(name):
    committed = text_of(DOCS / "reference" / name)
    assert committed == reference()[name], "run scripts/make_reference.py (or make docs)"


def test_every_table_and_column_is_documented():
    sections = re.split(r"^### ", reference()["schema.md"], flags=re.MULTILINE)[1:]
    by_name = {section.split("\n", 1)[0]: section for section in sections}
    assert set(by_name) == set(TABLES)
    for name, table in TABLES.items():
        for column in table.column_names:
            assert f"<code>{column}</code>" in by_name[name], f"{name}.{column}"


def test_every_command_and_option_is_documented():
    page = reference()["cli.md"]
    for name, command in commands().items():
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            shown_as = [*parameter.opts, *parameter.secondary_opts]
            for option in shown_as if parameter.name != "help" else []:
                shown = option if option.startswith("-") else option.upper()
                assert f"<code>{shown}</code>" in section, f"{name} {option}"


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_a_page_that_names_exactly_its_parameters(name):
    text = text_of(DOCS / "explanation" / f"{name}.md")
    for part in (
        "What it answers", "How", "Parameters", "Source", "Assumptions and limits",
        "Evidence and uncertainty",
    ):  # fmt: skip
        assert f"\n## {part}\n" in text, part
    section = text.split("\n## Parameters\n", 1)[1].split("\n## ", 1)[0]
    listed = set()
    for entry in re.split(r"^- ", section, flags=re.MULTILINE)[1:]:
        for names in re.findall(r"(?:^|; |;\n  )((?:`\w+`(?:, )?)+):", entry):
            listed |= set(re.findall(r"\w+", names))
    assert listed == set(stage_parameters(STAGES[name]))


@pytest.mark.parametrize("name", STAGES)
def test_every_parameter_of_the_recipe_has_unit_and_effect(name):
    described = script("make_reference").parameter_comments(STAGES[name])
    assert set(described) == set(stage_parameters(STAGES[name]))
    assert all(len(words) > 10 for words in described.values())


def commands() -> dict[str, object]:
    return dict(script("make_reference")._commands(typer.main.get_command(app)))


def calls(text: str) -> list[list[str]]:
    """Words of every `clusterloom` call in the bash snippets, here documents left out."""
    found = []
    for snippet in re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL):
        plain = re.sub(r"<<'?EOF'?\n.*?\nEOF\n", "\n", snippet, flags=re.DOTALL)
        plain = plain.replace("\\\n", " ")
        for match in re.findall(r"(?:^|\$\(|\| )clusterloom ([^|)>;\n]*)", plain, re.MULTILINE):
            found.append(shlex.split(match, comments=True))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_shown_exists_with_its_options(page):
    known = commands()
    for call in calls(text_of(page)):
        depth = 2 if " ".join(call[:2]) in known else 1
        words = [" ".join(call[:depth]), *call[depth:]]
        command = known.get(words[0])
        assert command is not None, f"clusterloom {' '.join(words)}"
        options = {o: p for p in command.params for o in (*p.opts, *p.secondary_opts)}
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        rest, given = iter(words[1:]), 0
        for word in rest:
            if word.startswith("-"):
                name, has_value, _ = word.partition("=")
                assert name in options, f"clusterloom {' '.join(words)}"
                if not options[name].is_flag and not has_value:
                    assert next(rest, None) is not None, f"{name} lacks its value"
            else:
                given += 1
        several = any(p.nargs == -1 for p in arguments)
        assert several or given <= len(arguments), f"clusterloom {' '.join(words)}"
        assert given >= sum(p.required for p in arguments), f"clusterloom {' '.join(words)}"


def test_the_tutorial_shows_commands():
    assert len(calls(text_of(DOCS / "tutorial.md"))) > 15


def bibliography() -> set[str]:
    return set(re.findall(r"^@\w+\{(\w+),", text_of(DOCS / "references.bib"), re.MULTILINE))


def test_every_citation_key_is_in_the_bibliography():
    sources = [*(ROOT / "src").rglob("*.py"), *(DOCS / "explanation").glob("*.md")]
    sources += (DOCS / "how-to").glob("*.md")
    for path in sources:
        unknown = set(KEY.findall(text_of(path))) - bibliography()
        assert not unknown, f"{path.name} cites {sorted(unknown)}"


def test_every_entry_of_the_bibliography_is_cited():
    pages = [*(DOCS / "explanation").glob("*.md"), *(DOCS / "how-to").glob("*.md")]
    cited = {
        key for p in [*pages, *(ROOT / "src").rglob("*.py")] for key in KEY.findall(text_of(p))
    }
    assert bibliography() <= cited


def test_the_changelog_has_what_was_added_and_which_results_changed():
    text = text_of(ROOT / "CHANGELOG.md")
    assert "\n### Added\n" in text
    assert "\n### Results that changed\n" in text


def test_the_readme_has_a_block_for_each_result_and_the_script_fills_it():
    fill = script("update_readme").with_result
    text = text_of(ROOT / "README.md")
    for name in ("belarus_china", "cordis"):
        once = fill(text, name, "a line")
        assert "a line" in once
        assert fill(once, name, "a line") == once
    with pytest.raises(SystemExit, match="nothing"):
        fill(text, "nothing", "a line")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_page_holds_a_path_of_a_machine_or_a_registry_address(page):
    text = text_of(page)
    for word in ("/home/", "/Users/", "/tmp/", "/work/", "pypi.org/simple", "--index-url"):
        assert word not in text, f"{page.name}: {word}"
