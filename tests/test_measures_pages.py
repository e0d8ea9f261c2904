"""Pages of measures: every public module is on one, functions named exist, the how-to runs."""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

import clusterloom.measures
import clusterloom.spatial

DOCS = Path(__file__).parents[1] / "docs"
HOW_TO = DOCS / "how-to" / "measures-of-your-table.md"


def public_modules() -> list[str]:
    return [
        f"{package.__name__}.{module.name}"
        for package in (clusterloom.measures, clusterloom.spatial)
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    ]


def test_every_public_module_of_measures_is_on_one_page():
    shown = [
        name
        for page in (DOCS / "reference").glob("*.md")
        for name in re.findall(
            r"^::: (clusterloom\.(?:measures|spatial)\S*)", page.read_text(), re.M
        )
    ]
    assert sorted(shown) == sorted(public_modules())


@pytest.mark.parametrize("name", public_modules())
def test_every_public_function_says_what_it_gives(name):
    module = importlib.import_module(name)
    for public in module.__all__:
        value = getattr(module, public)
        if callable(value):
            assert (value.__doc__ or "").strip(), public


def test_every_function_named_beside_a_formula_exists():
    page = (DOCS / "explanation" / "measures.md").read_text(encoding="utf-8")
    known = {n for m in public_modules() for n in importlib.import_module(m).__all__}
    named = [
        function.rsplit(".", 1)[-1]
        for line in page.splitlines()
        if re.match(r"\| .* \| .* \| .* \| .* \|$", line) and "---" not in line
        for function in re.findall(r"`([a-z_.]+)`", line.split(" | ")[-2])
    ]
    assert len(named) > 40
    assert set(named) <= known, set(named) - known
    for function in ("moran", "local_moran", "global_g", "local_g", "m_function"):
        assert function in named


def test_the_how_to_runs_and_prints_what_it_shows(tmp_path, monkeypatch):
    """Each python snippet prints the text block that follows it."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(python|text)\n(.*?)^```", HOW_TO.read_text("utf-8"), re.S | re.M)
    table, *rest = blocks
    assert table[0] == "text"
    (tmp_path / "work.csv").write_text(table[1], encoding="utf-8")
    assert [kind for kind, _ in rest] == ["python", "text"] * (len(rest) // 2)
    names: dict[str, object] = {}
    for (_, code), (_, shown) in zip(rest[::2], rest[1::2], strict=True):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(HOW_TO), "exec"), names)
        assert printed.getvalue() == shown
