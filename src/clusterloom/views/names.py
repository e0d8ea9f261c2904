"""Names in place of ids, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clusterloom.tables import Tables
from clusterloom.views.language import Translator

__all__ = ["Names"]

_LANGUAGES = ("en", "ru", "be", "zh")
_READ_TOO = {"be": ("ru",)}  # what readers of a language read as easily
_LEADING = 2  # fields named in the title of a cluster


class Names:
    """What people call organisations, fields, places, families, candidates and clusters."""

    def __init__(self, tables: Tables, translator: Translator) -> None:
        language = translator.language if translator.language in _LANGUAGES else "en"
        self._translate = translator
        self._languages = (language, *_READ_TOO.get(language, ()), *_LANGUAGES)
        self._organisation = _column(tables, "organisation", "org_id", f"name_{language}")
        self._place = _column(tables, "place", "place_id", f"name_{language}")
        self._field = _column(tables, "field", "field_id", f"label_{language}")
        self._candidate = {
            row["candidate_id"]: (row["territory_id"], row["main_fields"].split("|"))
            for row in tables.rows("candidate")
        }
        self._cluster = {
            row["cluster_id"]: (row["candidate_id"], (row["main_fields"] or "").split("|"))
            for row in tables.rows("cluster")
        }
        self._existing = _column(tables, "existing_cluster", "cluster_id", f"name_{language}")

    def organisation(self, org_id: str) -> str:
        """Name of an organisation; its English name, then its id, where there is none."""
        return self._organisation.get(org_id, org_id)

    def field(self, field_id: str) -> str:
        """Label of a field, beginning with a small letter where the language has them."""
        label = self._field.get(field_id, field_id)
        keep = len(label) > 1 and label[1].isupper()
        return label if keep else label[:1].lower() + label[1:]

    def place(self, place_id: str) -> str:
        """Name of a settlement."""
        return self._place.get(place_id, place_id)

    def candidate(self, candidate_id: str) -> str:
        """Territory and leading fields, e.g. "Minsk: laser technology, optoelectronics"."""
        if candidate_id not in self._candidate:
            return candidate_id
        territory, fields = self._candidate[candidate_id]
        return self._named(territory, fields)

    def cluster(self, cluster_id: str) -> str:
        """Territory and the leading fields of the core; an existing cluster's own name."""
        if cluster_id in self._existing:
            return self._existing[cluster_id]
        candidate_id, fields = self._cluster.get(
            cluster_id, (cluster_id.removeprefix("cluster-"), [""])
        )
        if candidate_id not in self._candidate or not any(fields):
            return self.candidate(candidate_id)
        return self._named(self._candidate[candidate_id][0], fields)

    def _named(self, territory: str, fields: Sequence[str]) -> str:
        leading = self._translate.together(self.field(name) for name in fields[:_LEADING])
        return f"{self.place(territory)}: {leading}"

    def word(self, word: str) -> str:
        """A vocabulary word (role, kind, stage) as people write it."""
        return self._translate(word.replace("_", " "))

    def language(self, code: str) -> str:
        """Name of a language (ISO 639) in the reader's language; the code where none is known."""
        from babel import Locale

        names = Locale.parse(self._translate.language).languages
        return str(names[code]) if code in names else code

    def words(self, texts: Mapping[str, str]) -> str:
        """Words of a text given as language -> text, in the language the reader reads best.

        The reader's own; else one its readers know; else the first of en, ru, be and zh it has.
        """
        return texts[next((code for code in self._languages if code in texts), next(iter(texts)))]

    def of(self, reference: str | Mapping[str, str]) -> str:
        """Show a reference such as ``org:by-bsu``, or words in several languages as one of them.

        Other text is returned unchanged.
        """
        if isinstance(reference, Mapping):
            return self.words(reference)
        kind, separator, rest = reference.partition(":")
        show = {
            "org": self.organisation,
            "field": self.field,
            "place": self.place,
            "family": lambda f: self.field(f.removeprefix("family-")),
            "candidate": self.candidate,
            "cluster": self.cluster,
            "role": self.word,
            "kind": self.word,
            "language": self.language,
        }.get(kind)
        return show(rest) if separator and show is not None else reference


def _column(tables: Tables, table: str, key: str, column: str) -> dict[str, str]:
    """Names by key; where the language's own is empty, one its readers know, then English."""
    stem, _, language = column.rpartition("_")
    columns = [column, *(f"{stem}_{code}" for code in _READ_TOO.get(language, ())), f"{stem}_en"]
    return {
        row[key]: next((row[c] for c in columns if row[c]), row[f"{stem}_en"])
        for row in tables.rows(table)
    }
