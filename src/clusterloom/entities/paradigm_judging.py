"""Which paradigms one direction of work belongs to, on whose judgement, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from clusterloom.entities.paradigm_mapping import MappingLine, ParadigmMapping
from clusterloom.entities.paradigm_words import Word
from clusterloom.schema import Reason, reason
from clusterloom.schema.vocabulary import NO_PARADIGM, PARADIGM_LABELS

__all__ = ["MIN_FIELD_WEIGHT", "Direction", "FieldPart", "Finding", "judge", "verdict_of"]

# Share x confidence a field alone needs; on the half of the directions that may be looked at,
# bench/paradigm.py finds the largest part of right VI there.
MIN_FIELD_WEIGHT = 0.35

_Given = dict[str, str | Mapping[str, str]]  # arguments of a reason

_MOST_WORDS = 4  # words named in a reason
_NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class FieldPart:
    """The part of a direction that lies in one field."""

    field_id: str
    share: float  # 0..1
    confidence: float  # 0..1


@dataclass(frozen=True, kw_only=True)
class Direction:
    """What is known of one activity or one development."""

    direction_id: str  # the activity, or `development:` and its id
    org_id: str
    kind: str
    texts: Mapping[str, str] = field(default_factory=dict)  # language -> text
    scheme: str | None = None
    code: str | None = None
    stated: str | None = None  # paradigm the source or the survey gives
    stated_by: str | None = None  # source or survey
    justification: str | None = None  # the survey's own words for it
    evidence: str | None = None  # mark of the activity
    parts: tuple[FieldPart, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One label of a direction: `fields` empty means that it holds for the whole direction."""

    label: str
    origin: str | None  # source, survey, code, text or field; None where nothing is known
    share: float = 1.0
    confidence: float | None = None  # None: a statement, code or word, not estimated
    fields: tuple[str, ...] = ()
    support: str | None = None  # of a statement: agrees, differs, silent
    reasons: tuple[Reason, ...] = ()


def verdict_of(label: str) -> str:
    """Bring a label to what is asked for: VI, V, other or not_known.

    Examples
    --------
    >>> [verdict_of(label) for label in ("VI", "V", "III", "none", "not_known")]
    ['VI', 'V', 'other', 'other', 'not_known']
    """
    return label if label in ("VI", "V", _NOT_KNOWN) else "other"


def judge(
    direction: Direction,
    mapping: ParadigmMapping,
    parent_of: Mapping[str, str | None],
    *,
    statements_first: bool = True,
    min_field_weight: float = MIN_FIELD_WEIGHT,
) -> tuple[Finding, ...]:
    """Find the paradigms of a direction.

    What the source or the survey states comes first and stands alone. Else codes and words speak
    for the whole direction, words that confirm a doubtful field for its part; where none of them
    does, the fields speak. A doubtful line that is confirmed takes the place of the sure lines of
    its field or code: it is the narrower. V or VI by nothing but fields needs enough of the
    direction in them, surely enough. Without any of these the paradigm is not known.

    Parameters
    ----------
    direction : the direction
    mapping : what codes, fields and words say
    parent_of : field -> broader field or None
    statements_first : if False, a statement stands only where the mapping says nothing
    min_field_weight : 0..1, share x confidence that fields alone need for V or VI

    Returns
    -------
    findings, at least one
        In the order I .. VI, none, not known.
    """
    words = mapping.finder.find(direction.texts)
    found = _mapped(direction, mapping, parent_of, words)
    mapped = [one for one in found if not _is_weak(one, min_field_weight)]
    weak = [why for one in found if _is_weak(one, min_field_weight) for why in _too_weak(one)]
    if direction.stated and (statements_first or not mapped):
        return (_statement(direction, mapped, mapping),)
    if not mapped:
        return (_unknown(direction, mapping, parent_of, words, weak),)
    mapped.sort(key=lambda finding: PARADIGM_LABELS.index(finding.label))
    return (replace(mapped[0], reasons=(*mapped[0].reasons, *weak)), *mapped[1:])


def _is_weak(finding: Finding, min_field_weight: float) -> bool:
    """Whether fields alone say V or VI of too little, or too unsurely."""
    if finding.origin != "field" or finding.label not in ("V", "VI"):
        return False
    return finding.share * (finding.confidence or 0.0) < min_field_weight


def _too_weak(finding: Finding) -> tuple[Reason, ...]:
    """The lines that would count, and why they do not."""
    why = reason(
        "Only {share} of it lies there, at a confidence of {confidence}: too little for fields "
        "alone to count it to paradigm {paradigm}.",
        share=round(finding.share, 2),
        confidence=round(finding.confidence or 0.0, 2),
        paradigm=finding.label,
    )
    return (*finding.reasons, why)


def _mapped(
    direction: Direction,
    mapping: ParadigmMapping,
    parent_of: Mapping[str, str | None],
    words: Sequence[Word],
) -> list[Finding]:
    whole = _by_code(direction, mapping, words) + _by_word(mapping, words)
    parts = []
    for part in direction.parts:
        lines = mapping.field_lines(part.field_id, parent_of)
        confirmed = [
            _field_finding(line, part, mapping, found)
            for line in lines
            if line.needs_text and (found := _confirming(line, words))
        ]
        sure = [_field_finding(line, part, mapping) for line in lines if not line.needs_text]
        # A sure word or code about the whole direction makes the field's usual paradigm idle.
        parts += confirmed or ([] if whole else sure)
    return _joined(whole + parts)


def _by_code(
    direction: Direction, mapping: ParadigmMapping, words: Sequence[Word]
) -> list[Finding]:
    if not direction.scheme or not direction.code:
        return []
    if direction.scheme.casefold() == "field":
        return []  # the code names a field, whose lines are read as a field's
    named = f"{direction.scheme} {direction.code}"
    lines = mapping.code_lines(direction.scheme, direction.code)
    confirmed = [
        _code_finding(line, named, mapping, found)
        for line in lines
        if line.needs_text and (found := _confirming(line, words))
    ]
    return confirmed or [
        _code_finding(line, named, mapping) for line in lines if not line.needs_text
    ]


def _code_finding(
    line: MappingLine, named: str, mapping: ParadigmMapping, words: Sequence[Word] = ()
) -> Finding:
    given: _Given = {"code": named, "mapping": mapping.label, "why": line.said}
    if words:
        why = reason(
            "Code {code} with the words “{words}” in its text counts to paradigm {paradigm} in "
            "{mapping}: {why}.",
            words=_named(words),
            paradigm=line.label,
            **given,
        )
    elif line.label == NO_PARADIGM:
        why = reason("Code {code} is tied to no paradigm in {mapping}: {why}.", **given)
    else:
        why = reason(
            "Code {code} counts to paradigm {paradigm} in {mapping}: {why}.",
            paradigm=line.label,
            **given,
        )
    return Finding(label=line.label, origin="text" if words else "code", reasons=(why,))


def _by_word(mapping: ParadigmMapping, words: Sequence[Word]) -> list[Finding]:
    findings = []
    for label in dict.fromkeys(word.paradigm for word in words if word.decides):
        deciding = [word for word in words if word.decides and word.paradigm == label]
        why = reason(
            "The words “{words}” in its text count to paradigm {paradigm} in {mapping}.",
            words=_named(deciding),
            paradigm=label,
            mapping=mapping.label,
        )
        findings.append(Finding(label=label, origin="text", reasons=(why,)))
    return findings


def _field_finding(
    line: MappingLine, part: FieldPart, mapping: ParadigmMapping, words: Sequence[Word] = ()
) -> Finding:
    given: _Given = {
        "field": f"field:{part.field_id}",
        "mapping": mapping.label,
        "why": line.said,
    }
    if words:
        why = reason(
            "The field {field} with the words “{words}” in its text counts to paradigm "
            "{paradigm} in {mapping}: {why}.",
            words=_named(words),
            paradigm=line.label,
            **given,
        )
    elif line.label == NO_PARADIGM:
        why = reason("The field {field} is tied to no paradigm in {mapping}: {why}.", **given)
    else:
        why = reason(
            "The field {field} counts to paradigm {paradigm} in {mapping}: {why}.",
            paradigm=line.label,
            **given,
        )
    return Finding(
        label=line.label,
        origin="text" if words else "field",
        share=part.share,
        confidence=part.confidence,
        fields=(part.field_id,),
        reasons=(why,),
    )


def _joined(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each label: codes before words before fields, fields added up."""
    by_label: dict[str, list[Finding]] = {}
    for finding in findings:
        by_label.setdefault(finding.label, []).append(finding)
    joined = []
    for label, found in by_label.items():
        whole = [one for one in found if not one.fields]
        if whole:
            origin = "code" if any(one.origin == "code" for one in whole) else "text"
            reasons = tuple(why for one in found for why in one.reasons)
            joined.append(Finding(label=label, origin=origin, reasons=reasons))
            continue
        share = sum(one.share for one in found)
        weighted = sum(one.share * (one.confidence or 0.0) for one in found)
        joined.append(
            Finding(
                label=label,
                origin="text" if any(one.origin == "text" for one in found) else "field",
                share=min(share, 1.0),
                confidence=weighted / share if share else None,
                fields=tuple(dict.fromkeys(name for one in found for name in one.fields)),
                reasons=tuple(why for one in found for why in one.reasons),
            )
        )
    return joined


def _statement(
    direction: Direction, mapped: Sequence[Finding], mapping: ParadigmMapping
) -> Finding:
    """What the source or the survey says, and whether the mapping says the same."""
    stated = str(direction.stated)
    if direction.stated_by == "survey":
        reasons = [reason("The survey answer claims paradigm {paradigm}.", paradigm=stated)]
        if direction.justification:
            reasons.append(reason("Its justification: “{words}”.", words=direction.justification))
        else:
            reasons.append(reason("It gives no justification."))
    else:
        reasons = [
            reason(
                "The source states paradigm {paradigm}; this is its judgement, not checked here.",
                paradigm=stated,
            )
        ]
    labels = [finding.label for finding in mapped]
    finding = Finding(label=stated, origin=direction.stated_by)
    if not mapped:
        silent = reason("The mapping {mapping} says nothing of it.", mapping=mapping.label)
        return replace(finding, support="silent", reasons=(*reasons, silent))
    support = "agrees" if stated in labels else "differs"
    if support == "agrees":
        said = reason("The mapping {mapping} agrees.", mapping=mapping.label)
    else:
        said = reason(
            "The mapping {mapping} would say otherwise; the statement stands.",
            mapping=mapping.label,
        )
    why = [one for found in mapped for one in found.reasons]
    return replace(finding, support=support, reasons=(*reasons, said, *why))


def _unknown(
    direction: Direction,
    mapping: ParadigmMapping,
    parent_of: Mapping[str, str | None],
    words: Sequence[Word],
    weak: Sequence[Reason],
) -> Finding:
    reasons = [
        reason(
            "No statement, code, word or field leads to a paradigm in {mapping}; this does not "
            "mean that it has none.",
            mapping=mapping.label,
        ),
        *weak,
    ]
    for part in direction.parts:
        for line in mapping.field_lines(part.field_id, parent_of):
            if line.needs_text and not _confirming(line, words):
                reasons.append(
                    reason(
                        "The field {field} can count to paradigm {paradigm} ({why}), but no word "
                        "of its text confirms it.",
                        field=f"field:{part.field_id}",
                        paradigm=line.label,
                        why=line.said,
                    )
                )
    return Finding(label=_NOT_KNOWN, origin=None, reasons=tuple(reasons))


def _confirming(line: MappingLine, words: Sequence[Word]) -> list[Word]:
    return [
        word
        for word in words
        if word.paradigm == line.label and (not line.topics or word.topic in line.topics)
    ]


def _named(words: Sequence[Word]) -> str:
    return ", ".join(dict.fromkeys(word.term.replace("*", "…") for word in words[:_MOST_WORDS]))
