"""Codes of classifications as people write them: to one spelling, with the broader codes above."""

from __future__ import annotations

import re

__all__ = ["FOLLOWS_NACE", "code_readings", "scheme_name"]

# Schemes whose first four digits are NACE Rev. 2 (okved: the second edition is meant, OK 029-2014).
FOLLOWS_NACE = ("gced", "nace2", "oked", "okrb005", "okved", "okved2")

_ALIASES = {
    **dict.fromkeys(FOLLOWS_NACE, "nace"),
    "cpc": "ipc",
    "fos": "ford",
    "gbt": "gbt4754",
    "isic4": "isic",
    f"naics{2022}": "naics",  # the edition the packaged concordance is of
    "wipo": "wipo35",
}
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_IPC = re.compile(
    r"^([A-HY])(?:(\d{2})(?:([A-Z])(?:[\s-]*0*(\d{1,4}?)(?:\s*/\s*(\d{2,6}))?)?)?)?$", re.ASCII
)
_IPC_PADDED = re.compile(r"^([A-HY]\d{2}[A-Z])\s*0*(\d{1,4})(\d{6})$", re.ASCII)
_OPENALEX = {"T": "T", "SUBFIELDS": "subfields/", "FIELDS": "fields/", "DOMAINS": "domains/"}
_OPENALEX_BY_LENGTH = {5: "T", 4: "subfields/", 2: "fields/", 1: "domains/"}


def scheme_name(scheme: str) -> str:
    """Bring the name of a classification to the one its concordance is stored under.

    Parameters
    ----------
    scheme : any text
        Letter case, spaces and punctuation do not matter.

    Examples
    --------
    >>> scheme_name("GB/T 4754"), scheme_name("OKVED2"), scheme_name("CPC")
    ('gbt4754', 'nace', 'ipc')
    """
    plain = _NOT_NAME.sub("", scheme.casefold())
    return _ALIASES.get(plain, plain)


def code_readings(scheme: str, code: str) -> tuple[tuple[str, ...], ...]:
    """Read a code: each reading lists the code in one spelling and then its broader codes.

    Parameters
    ----------
    scheme : as `scheme_name` gives it
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
