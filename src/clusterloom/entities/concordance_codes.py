"""Codes of classifications as people write them: to one spelling, with the broader codes above."""

from __future__ import annotations

import re
from collections.abc import Container

from clusterloom.entities.scheme_names import FOLLOWS_NACE, scheme_name

__all__ = ["code_key", "code_readings", "scheme_name", "split_codes"]

_LIST_SEPARATOR = re.compile(r"[;；|｜、\r\n]+|[,，](?=\s)")
_COMMA = re.compile(r"[,，]")
# "26,70" and "C26,70,1" as an office in Minsk writes 26.70 and 26.70.1; "1,3" of FORD.
_DECIMAL_COMMAS = re.compile(r"(?:[^\W\d_]\s*)?\d{1,2}(?:,\d{1,2}){1,2}")
_IPC = re.compile(
    r"^([A-HY])(?:(\d{2})(?:([A-Z])(?:[\s-]*0*(\d{1,4}?)(?:\s*/\s*(\d{2,6}))?)?)?)?$", re.ASCII
)
_IPC_PADDED = re.compile(r"^([A-HY]\d{2}[A-Z])\s*0*(\d{1,4})(\d{6})$", re.ASCII)
_OPENALEX = {"T": "T", "SUBFIELDS": "subfields/", "FIELDS": "fields/", "DOMAINS": "domains/"}
_OPENALEX_BY_LENGTH = {5: "T", 4: "subfields/", 2: "fields/", 1: "domains/"}


def code_readings(scheme: str, code: str) -> tuple[tuple[str, ...], ...]:
    """Read a code: each reading lists the code in one spelling and then its broader codes.

    Parameters
    ----------
    scheme : as `asked_scheme` or `scheme_name` gives it
        A national classification that follows NACE is read to its own depth, six digits.
    code : any text
        Dots, spaces, a section letter in front and a lost leading zero are understood.

    Returns
    -------
    readings, the likelier first
        Two where a leading zero may be lost (``111`` may mean ``0111``); none where the text is
        no code of the scheme at all.

    Examples
    --------
    >>> code_readings("ipc", "g06n 3/08")
    (('G06N3/08', 'G06N3', 'G06N', 'G06', 'G'),)
    >>> code_readings("nace", "1.11")
    (('01.11', '01.1', '01'),)
    """
    text = " ".join(code.split()).strip("'\"` ")
    if not text:
        return ()
    reader = _READERS.get(scheme)
    return reader(text) if reader else _other(text)


def code_key(scheme: str, code: str, *, known: Container[str] = ()) -> str | None:
    """Bring one code to the spelling it is looked up by; None where it is no code of the scheme.

    Parameters
    ----------
    scheme : as `asked_scheme` gives it
    code : any text
    known : codes, optional
        Where a leading zero may be lost, the reading among these is meant.

    Examples
    --------
    >>> code_key("nace", "C26.70"), code_key("okved2", "26.70.12"), code_key("nace", "glass")
    ('26.70', '26.70.12', None)
    """
    readings = [chain[0] for chain in code_readings(scheme, code)]
    return next((key for key in readings if key in known), readings[0] if readings else None)


def split_codes(text: str) -> tuple[str, ...]:
    """Split a cell that holds several codes.

    Semicolons, bars and line breaks part codes. A comma does where it cannot be a decimal comma:
    before a blank, or next to something longer than two digits or other than digits.

    Examples
    --------
    >>> split_codes("26.70; 10.51"), split_codes("26,70"), split_codes("26.70,10.51")
    (('26.70', '10.51'), ('26,70',), ('26.70', '10.51'))
    """
    parts: list[str] = []
    for piece in _LIST_SEPARATOR.split(text):
        commas = _COMMA.split(piece)
        if _DECIMAL_COMMAS.fullmatch(piece.strip()):
            commas = [piece]
        parts += [part.strip() for part in commas]
    return tuple(dict.fromkeys(part for part in parts if part))


def _ipc(text: str) -> tuple[tuple[str, ...], ...]:
    # Editions in brackets, as in "G06N 3/08 (2006.01)", are no part of the symbol.
    plain = re.sub(r"[\[(].*$", "", text.upper()).strip()
    padded = _IPC_PADDED.match(plain)
    if padded:
        plain = f"{padded[1]}{padded[2]}/{padded[3].rstrip('0').ljust(2, '0')}"
    found = _IPC.match(plain)
    if not found:
        return ()
    section, number, letter, group, subgroup = found.groups()
    chain = [section]
    for part in (number, letter, group):
        if part is None:
            break
        chain.append(chain[-1] + part)
    if group and subgroup and subgroup.strip("0"):
        chain.append(f"{chain[-1]}/{subgroup}")
    return (tuple(reversed(chain)),)


def _digits(text: str) -> tuple[str, bool] | None:
    """Digits of an industry code, and whether a dot says where its division ends."""
    plain = re.sub(r"^[^\W\d_]\s*(?=\d)", "", text).replace(",", ".")
    if not re.fullmatch(r"[\d. ]+", plain):
        return None
    parts = [part for part in re.split(r"[. ]+", plain) if part]
    if not parts:
        return None
    if len(parts) == 1 or len(parts[0]) > 2:  # "2670", or "2670.0" as a spreadsheet writes it
        return parts[0], False
    return parts[0].zfill(2) + "".join(parts[1:]), True


def _industry(text: str) -> list[str]:
    """Digits of a NACE-like or ISIC-like code: as written, then with its leading zero back."""
    read = _digits(text)
    if read is None:
        return []
    digits, dotted = read
    if dotted or len(digits) == 2 or len(digits) > 4:
        return [digits]
    if len(digits) == 1:
        return [f"0{digits}"]
    return [digits, f"0{digits}"] if len(digits) == 3 else [digits]


def _section(text: str) -> tuple[tuple[str, ...], ...]:
    return ((text.upper(),),) if re.fullmatch(r"[A-Za-z]", text) else ()


def _nace(text: str) -> tuple[tuple[str, ...], ...]:
    def dotted(digits: str) -> str:
        return digits if len(digits) == 2 else f"{digits[:2]}.{digits[2:]}"

    return _section(text) or tuple(
        tuple(dotted(digits[:n]) for n in range(min(len(digits), 4), 1, -1))
        for digits in _industry(text)
    )


def _nace_national(text: str) -> tuple[tuple[str, ...], ...]:
    """NACE to the fourth digit, then one or two digits of the country's own."""

    def dotted(digits: str) -> str:
        return ".".join(part for part in (digits[:2], digits[2:4], digits[4:]) if part)

    chains = []
    for read in _industry(text):
        # A national code of nothing but zeros divides nothing: 26.70.0 is 26.70.
        digits = read[:4] if not read[4:].strip("0") else read[:6]
        chains.append(tuple(dotted(digits[:n]) for n in range(len(digits), 1, -1)))
    return _section(text) or tuple(chains)


def _isic(text: str) -> tuple[tuple[str, ...], ...]:
    return _section(text) or tuple(
        tuple(digits[:n] for n in range(min(len(digits), 4), 1, -1)) for digits in _industry(text)
    )


def _naics(text: str) -> tuple[tuple[str, ...], ...]:
    found = re.match(r"^(\d{2,6})(?:\.0|\s*-\s*\d{2})?$", text)
    if not found:
        return ()
    return (tuple(found[1][:n] for n in range(len(found[1]), 1, -1)),)


def _ford(text: str) -> tuple[tuple[str, ...], ...]:
    plain = re.sub(r"^[A-Za-z\s]+", "", text).replace(",", ".").strip(".")
    if re.fullmatch(r"[1-6]\d{2}", plain):  # the spelling 103 for 1.3
        plain = f"{plain[0]}.{int(plain[1:])}"
    if not re.fullmatch(r"\d+(\.\d+)*", plain):
        return ()
    parts = plain.split(".")
    return (tuple(".".join(parts[:n]) for n in range(len(parts), 0, -1)),)


def _wipo35(text: str) -> tuple[tuple[str, ...], ...]:
    found = re.match(r"^(?:[A-Za-z]+[\s-]*)?0*(\d+)(?:\.0)?$", text)
    return ((found[1],),) if found else ()


def _openalex(text: str) -> tuple[tuple[str, ...], ...]:
    found = re.search(r"(?:(subfields|fields|domains)/|(t))?0*(\d+)$", text, flags=re.IGNORECASE)
    if not found:
        return ()
    kind = (found[1] or found[2] or "").upper()
    head = _OPENALEX.get(kind) or _OPENALEX_BY_LENGTH.get(len(found[3]))
    return ((head + found[3],),) if head else ()


def _euroscivoc(text: str) -> tuple[tuple[str, ...], ...]:
    if "://" in text or "/" not in text:  # an address or a bare key: nothing above it to read
        return ((text.rstrip("/").rsplit("/", 1)[-1],),)
    parts = [part for part in text.split("/") if part]
    return (tuple("/" + "/".join(parts[:n]) for n in range(len(parts), 0, -1)),) if parts else ()


def _other(text: str) -> tuple[tuple[str, ...], ...]:
    """A scheme of the user's own: broader by its separators, or by its letters without any."""
    plain = text.upper()
    parts = re.split(r"(?<=[\w])(?=[./-])", plain)
    if len(parts) > 1:
        return (tuple("".join(parts[:n]) for n in range(len(parts), 0, -1)),)
    return (tuple(plain[:n] for n in range(len(plain), 0, -1)),)


_READERS = {
    **dict.fromkeys(FOLLOWS_NACE, _nace_national),
    "cpc": _ipc,
    "euroscivoc": _euroscivoc,
    "ford": _ford,
    "gbt4754": _isic,
    "ipc": _ipc,
    "isic": _isic,
    "isic5": _isic,
    "nace": _nace,
    "nace21": _nace,
    "naics": _naics,
    "openalex": _openalex,
    "wipo35": _wipo35,
}
