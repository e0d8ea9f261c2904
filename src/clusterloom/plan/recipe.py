"""The recipe: which sources, which stages, which parameters; read from TOML, checked whole."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clusterloom.errors import RecipeError
from clusterloom.plan.stage import Stage
from clusterloom.tables import ENGINES

__all__ = ["Recipe", "build_stages", "parse_recipe", "read_recipe", "stage_parameters"]

_TITLES = ("title_ru", "title_be", "title_zh")
_TOP_LEVEL = ("title", *_TITLES, "sources", "languages", "formats", "engine", "text", "stages")
_TEXT: dict[str, type] = {"encoder": str, "prefix": str, "kind": str, "alone": bool}
LANGUAGES = ("en", "ru", "be", "zh")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A checked recipe. `stages` holds only the parameters that differ from the defaults."""

    title: str = "Cluster plan"
    title_ru: str = ""  # the title in the reader's language; empty = `title`
    title_be: str = ""
    title_zh: str = ""
    sources: tuple[str, ...] = ()  # source specs; empty = everything imported
    languages: tuple[str, ...] = ("en",)  # languages of the report
    formats: tuple[str, ...] = ("csv", "xlsx", "geojson", "json")
    engine: str = "duckdb"  # what runs the named queries; the results are the same
    # A sentence encoder of the user's own: encoder (path), prefix, kind, alone; empty = the shipped
    text: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def title_in(self, language: str) -> str:
        """Return the title in a language; `title` where none is given for it.

        Examples
        --------
        >>> recipe = Recipe(title="Valleys", title_ru="Долины")
        >>> recipe.title_in("ru"), recipe.title_in("be")
        ('Долины', 'Valleys')
        """
        return str(getattr(self, f"title_{language}", "")) or self.title

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain data, for the ledger and `--dry-run`."""
        return {
            "title": self.title,
            # Left out where not given: recipes of older plans keep their ids.
            **{name: getattr(self, name) for name in _TITLES if getattr(self, name)},
            "sources": list(self.sources),
            "languages": list(self.languages),
            "formats": list(self.formats),
            **({} if self.engine == "duckdb" else {"engine": self.engine}),
            **({"text": dict(sorted(self.text.items()))} if self.text else {}),
            "stages": {name: dict(values) for name, values in sorted(self.stages.items())},
        }


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file; RecipeError with every fault it has."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(
            f"cannot read the recipe {path}: {fault}", hint="check the path"
        ) from fault
    return parse_recipe(text)


def parse_recipe(text: str) -> Recipe:
    """Parse the TOML text of a recipe.

    Raises
    ------
    RecipeError
        If the text is not TOML, or a top-level name is unknown or of the wrong type: all faults
        are reported at once.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise RecipeError(
            f"the recipe is not valid TOML: {fault}", hint="see `clusterloom recipe`"
        ) from fault
    faults = [
        f"unknown name `{name}`{_nearest(name, _TOP_LEVEL)}"
        for name in data
        if name not in _TOP_LEVEL
    ]
    faults += [
        f"`{name}` must be a text"
        for name in ("title", *_TITLES)
        if not isinstance(data.get(name, ""), str)
    ]
    for name in ("sources", "languages", "formats"):
        value = data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            faults.append(f"`{name}` must be a list of texts")
    if not isinstance(data.get("stages", {}), dict):
        faults.append("`stages` must be a table, with one table for each stage")
    elif bad := [n for n, v in data.get("stages", {}).items() if not isinstance(v, dict)]:
        faults.append(f"`stages.{bad[0]}` must be a table of parameters")
    if data.get("engine", "duckdb") not in ENGINES:
        faults.append(f"unknown engine `{data['engine']}`")
    faults += _text_faults(data.get("text", {}))
    faults += [f"unknown language `{v}`" for v in data.get("languages", []) if v not in LANGUAGES]
    if faults:
        raise RecipeError(
            "the recipe has faults: " + "; ".join(faults),
            rule=f"names are {', '.join(_TOP_LEVEL)}; languages are {', '.join(LANGUAGES)}; "
            f"engines are {', '.join(ENGINES)}",
            hint="`clusterloom recipe` prints a complete one with all defaults",
        )
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Recipe(**plain)


def stage_parameters(stage: type[Stage] | Stage) -> dict[str, Any]:
    """Return a stage's parameters and their values (defaults for a class), as plain data."""
    instance = stage() if isinstance(stage, type) else stage
    return {
        one.name: _plain(getattr(instance, one.name))
        for one in dataclasses.fields(instance)  # type: ignore[arg-type]
        if one.metadata.get("setting", True)
    }


def build_stages(
    recipe: Recipe, classes: Sequence[type[Stage]], *, settings: Mapping[str, Any] | None = None
) -> list[Stage]:
    """Make the stages of a recipe in the given order.

    `settings` are things that are not parameters (encoders, say), handed to every stage that
    has a field of that name.

    Raises
    ------
    RecipeError
        If a stage or parameter does not exist or a value is of the wrong type: all faults at once.
    """
    known = {cls.name: cls for cls in classes}
    faults = [
        f"there is no stage `{name}`{_nearest(name, known)}"
        for name in recipe.stages
        if name not in known
    ]
    stages: list[Stage] = []
    for name, cls in known.items():
        defaults = stage_parameters(cls)
        values: dict[str, Any] = {}
        for key, value in recipe.stages.get(name, {}).items():
            if key not in defaults:
                faults.append(f"stage `{name}` has no parameter `{key}`{_nearest(key, defaults)}")
            elif not _fits(value, defaults[key]):
                faults.append(
                    f"`{name}.{key}` is {value!r}, but a value like {defaults[key]!r} is meant"
                )
            else:
                values[key] = _typed(value, defaults[key])
        names = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        extra = {k: v for k, v in (settings or {}).items() if k in names}
        try:
            stages.append(cls(**values, **extra))
        except RecipeError as fault:
            faults.append(str(fault).replace("\n", " "))
    if faults:
        raise RecipeError(
            "the recipe has faults: " + "; ".join(faults),
            rule="stages and parameters are those of `clusterloom recipe`",
            hint="correct them in the recipe",
        )
    return stages


def _text_faults(text: Any) -> list[str]:
    """What is wrong with the section of the user's own encoder."""
    from clusterloom.text.on_disk import KINDS

    if not isinstance(text, dict):
        return ["`text` must be a table"]
    faults = [f"unknown name `text.{name}`{_nearest(name, _TEXT)}" for name in text.keys() - _TEXT]
    for name, kind in _TEXT.items():
        if name in text and not isinstance(text[name], kind):
            what = "true or false" if kind is bool else "a text"
            faults.append(f"`text.{name}` is {text[name]!r}, but {what} is meant")
    if text and not text.get("encoder"):
        faults.append("`text.encoder` is missing: the folder of the encoder, or its .onnx file")
    if isinstance(text.get("kind"), str) and text["kind"] not in KINDS:
        faults.append(f"unknown `text.kind` `{text['kind']}`: kinds are {', '.join(KINDS)}")
    return faults


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int | float):
        whole = isinstance(default, int)
        return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    kinds: dict[type, type] = {str: str, list: list, dict: dict}
    return default is None or isinstance(value, kinds.get(type(default), object))


def _typed(value: Any, default: Any) -> Any:
    if isinstance(default, float):
        return float(value)
    return _tupled(value)


def _tupled(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tupled(v) for v in value)
    if isinstance(value, dict):
        return {k: _tupled(v) for k, v in value.items()}
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean `{near[0]}`?)" if near else ""
