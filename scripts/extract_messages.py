"""Bring the translation catalogues up to date with the messages in the program.

Messages are the templates of `reason(...)`, the texts given to a translator (`say(...)`, `_(...)`),
and the vocabulary words of the schema. Translations are kept; new messages arrive empty.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from clusterloom.schema import TABLES

PACKAGE = Path(__file__).parents[1] / "src" / "clusterloom"
LOCALE = PACKAGE / "data" / "locale"
LANGUAGES = ("en", "ru", "be", "zh")
CALLS = {"reason", "say", "_"}
SENTENCE = r"(No |Sanctions|\{n\} )[^`]*[.;][^`]*"
MORE_WORDS = (
    "fact present", "equipment", "engineering", "transfer", "park", "sme", "state", "finance",
    "finance of idea", "finance of prototype", "finance of pilot", "finance of market entry",
    "finance of growth",
    "certification", "unmarked", "min members", "member types", "public body", "management",
    "proof of activity", "triple helix t mbit", "coverage", "cohesion", "helix balance",
    "research strength", "paradigm vi share", "production base", "specialisation",
    "infrastructure", "human capital", "finance reach", "tie density", "openness",
    "evidence quality", "share", "mbit", "directions", "ties", "kinds", "organisations", "types",
    "objective points",
    "members", "members abroad", "outside share", "ties abroad", "fields", "roles", "paradigms",
    "documents", "full-time equivalent", "location quotient", "universities and directions",
    "research growth", "existing ties", "administrative framework", "market", "training", "pairs",
    "measures", "change over mean", "idea", "prototype", "pilot", "market entry", "growth", "fact",
)  # fmt: skip


def python_messages(path: Path) -> set[str]:
    """Return the literal messages of one Python file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS and node.args and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
        # Messages kept in lists until they are said are whole sentences.
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and "views" in path.parts and re.fullmatch(SENTENCE, text):
            found.add(text)
    return found


def messages() -> list[str]:
    """Return all messages of the program, sorted."""
    found = set(MORE_WORDS)
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name in ("entities", "networks", "stages", "views"):
            found |= python_messages(path)
    for path in PACKAGE.rglob("*.j2"):
        found |= set(re.findall(r'_\("([^"]+)"\)', path.read_text(encoding="utf-8")))
    for table in TABLES.values():
        for column in table.columns:
            found |= {choice.replace("_", " ") for choice in column.choices if len(choice) > 3}
    return sorted(found)


def main() -> None:
    """Write one catalogue for each language."""
    wanted = messages()
    for language in LANGUAGES:
        path = LOCALE / language / "LC_MESSAGES" / "clusterloom.po"
        known: dict[str, str] = {}
        if path.exists():
            with path.open("rb") as stream:
                known = {str(m.id): str(m.string) for m in read_po(stream) if m.id}
        catalogue = Catalog(locale=language, project="Clusterloom", version="", fuzzy=False)
        for message in wanted:
            catalogue.add(message, known.get(message, ""))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(stream, catalogue, omit_header=True, width=0, sort_output=True)
        print(language, len(wanted), sum(bool(known.get(m)) for m in wanted))


if __name__ == "__main__":
    main()
