"""What a code and a text say of one piece of work, weighed against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Said", "Weighed", "weighed"]

_KIN = 0.5  # support for a field by who names only another field of its branch


@dataclass(frozen=True)
class Said:
    """What one witness says: fields with shares that sum to 1, and the chance that it is right."""

    shares: Mapping[str, float]
    confidence: float  # 0..1


@dataclass(frozen=True)
class Weighed:
    """What both together say, and how far they agree."""

    shares: Mapping[str, float]  # sum to 1, the strongest first
    confidence: float  # 0..1, chance that the first field is right
    agreement: float  # 0..1, how far both support the first field


def weighed(code: Said, text: Said, branch_of: Mapping[str, str], *, n_fields: int) -> Weighed:
    """Let a code and a text about the same work decide together.

    Each witness spreads its doubt over all fields alike, and the two are multiplied, as if they
    erred independently:

        p(f) ~ (C * code(f) + (1 - C) / n) * (T * text(f) + (1 - T) / n)

    with C and T their confidences. So the text chooses among the fields of a broad code, and where
    they contradict each other the surer one prevails. With s_code and s_text the support of the
    first field (its share over the witness's largest; at most half where only another field of its
    branch is named), agreement a = min(s_code, s_text), w the confidence of the witness that
    supports the field more, and o that of the other:

        confidence = a * (1 - (1 - C) * (1 - T)) + (1 - a) * w * (1 - o) / (1 - w * o)

    The first term is the chance that at least one of two that say the same is right, the second
    that the one is right given that not both can be.

    Parameters
    ----------
    code, text : fields with shares that sum to 1, confidence 0..1
        The text's fields may be all of the catalogue.
    branch_of : field -> its first-level field
    n_fields : fields of the catalogue, >= 1

    Returns
    -------
    Weighed
        Only fields that the code or the text names.

    Examples
    --------
    A broad code and a text that names one of its fields:

    >>> both = weighed(
    ...     Said({"lasers": 0.5, "lenses": 0.5}, 0.7),
    ...     Said({"lasers": 0.9, "dairy": 0.1}, 0.8),
    ...     {"lasers": "optics", "lenses": "optics", "dairy": "food"},
    ...     n_fields=250,
    ... )
    >>> next(iter(both.shares)), round(both.confidence, 2), both.agreement
    ('lasers', 0.94, 1.0)
    """
    named = sorted({*code.shares, *text.shares})
    raw = {field: _held(code, field, n_fields) * _held(text, field, n_fields) for field in named}
    total = sum(raw.values())
    shares = dict(sorted(((f, v / total) for f, v in raw.items()), key=lambda x: (-x[1], x[0])))
    first = next(iter(shares))
    by_code, by_text = (_support(said, first, branch_of) for said in (code, text))
    agreement = min(by_code, by_text)
    one, other = (
        (code.confidence, text.confidence)
        if by_code >= by_text
        else (text.confidence, code.confidence)
    )
    both = 1 - (1 - code.confidence) * (1 - text.confidence)
    # Two that are certain of different things: none is more likely than the other.
    apart = 0.5 if one * other == 1 else one * (1 - other) / (1 - one * other)
    return Weighed(shares, agreement * both + (1 - agreement) * apart, agreement)


def _held(said: Said, field: str, n_fields: int) -> float:
    # Doubt is never nothing, or two certain witnesses that differ would leave no field at all.
    sure = min(said.confidence, 1 - 1e-6)
    return sure * said.shares.get(field, 0.0) + (1 - sure) / n_fields


def _support(said: Said, field: str, branch_of: Mapping[str, str]) -> float:
    branch = branch_of.get(field, field)
    kin = sum(s for f, s in said.shares.items() if branch_of.get(f, f) == branch)
    return max(said.shares.get(field, 0.0) / max(said.shares.values()), _KIN * min(kin, 1.0))
