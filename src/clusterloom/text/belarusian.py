"""Belarusian brought over to Russian word forms, for encoders that never learned Belarusian."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from importlib.resources import files

__all__ = ["belarusian_to_russian", "belarusian_to_russian_letters", "is_belarusian_word"]

_WORD = re.compile(r"[А-Яа-яЁёІіЎў]+(?:['’ʼ][А-Яа-яЁёІіЎў]+)*")
_APOSTROPHE = str.maketrans("’ʼ", "''")
_SHORTEST_STEM = 3
_TELLING_STEM = 6  # letters; shorter stems also begin Russian words
_ALSO_RUSSIAN = ("выда", "масла", "мыла", "мяса", "пластмас", "права", "рака", "ступен", "установ")
_PLAIN_WORD = 3  # letters; shorter words outside the lexicon are only respelled

# Spelling only, no grammar: enough to let Russian sub-word pieces match.
_SPELLING = (
    ("дзь", "дь"),
    ("дз", "д"),
    ("ць", "ть"),
    ("ці", "ти"),
    ("цё", "тё"),
    ("це", "те"),
    ("ця", "тя"),
    ("цю", "тю"),
    ("шч", "щ"),
    ("ыя", "ия"),
    ("ў", "в"),
    ("і", "и"),
    ("'", "ъ"),
    ("’", "ъ"),
)

# The rules below run in order on one lower-case word. Belarusian writes unstressed o as a, has
# hard r, zh, sh, ch, ts, and d, t before soft vowels as dz, ts.
_BEGINNINGS = (
    (r"^пад(?=[бвгджзклмнпрстфхцчшы'])", "под"),
    (r"^ад(?=[бвгджзклмнпрстфхцчшы'])", "от"),
    (r"^аб(?=[бвгджзклмнпрстфхцчшы'])", "об"),
    (r"^пра(?=[бвгджзклмнпрстфхцчш])", "про"),
    (r"^па(?=[бвгджзклмнпрстфхцчшы])", "по"),
    (r"^кан(?=[гдзйкстфцч])", "кон"),
    (r"^кам(?=[бпуф])", "ком"),
    (r"^(?:прэ)(?=[бвгджзклмнпрстфхцчш])", "пре"),
    (r"^суп(?=раць)", "п"),
    (r"^бяс", "бес"),
    (r"^бяз", "без"),
    (r"^ня", "не"),
    (r"^між", "меж"),
    (r"^звыш", "сверх"),
    (r"^шмат", "много"),
    (r"^ву(?=[гсш])", "у"),
)
_LETTERS = (
    (r"цц(ё|я|ю|ём|яў|ях|ям|ямі|і)$", r"ти\1"),
    (r"нн(е|я|ю|ем|і|яў|ях|ям|ямі)$", r"ни\1"),
    (r"(ни|ти)яў$", r"\1й"),
    (r"(ни|ти)і$", r"\1я"),
    (r"тиё", "тие"),
    (r"цца$", "ться"),
    (r"дзь", "дь"),
    (r"дз(?=[еёіюя])", "д"),
    (r"ц(?=[еёіюяь])", "т"),
    (r"([сз])ь(?=[бвгджзклмнпрстфхцчш])", r"\1"),
    (r"шч", "щ"),
    (r"^(аб|об|ад|от|пад|под|з|уз|раз|між)'", r"\1ъ"),
    (r"'", "ь"),
    (r"(?<=[бвгджзклмнпрстфхцчшщ])э", "е"),
    (r"(?<=[жшчщ])ы", "и"),
    (r"(?<=ц)ы(?!$)", "и"),
    (r"рыя(м|х|мі|й)?$", r"рия\1"),
    (r"(?<=[тд])ы(?!$|я$|х|м$|мі$|рк|ш)", "и"),
    (r"(?<=[аеоуиікгпбтдмв])ры(?!$|й$|х$|м$|мі$|н|б|т|в|ш|л)", "ри"),
    (r"ў", "в"),
    (r"і", "и"),
    (r"ия(?=[бвгджзклнпрстфцчшщ])", "иа"),
    (r"(?<=..)а(?=скап|скоп|граф|метр|логи|лаги|терап|хими|техн|физи|метал|пласт|провод)", "о"),
    (r"скап(?=и|ы|а|у|$)", "скоп"),
)
_ADJECTIVE = {
    "ы": "ий", "ый": "ий", "ая": "ая", "ае": "ое", "ыя": "ие", "ага": "ого", "аму": "ому",
    "ым": "им", "ай": "ой", "ую": "ую", "ых": "их", "ыми": "ими",
}  # fmt: skip
_ENDINGS = (
    (r"(?<=[сз])ийн", "ионн"),
    (r"цийн", "ционн"),
    (r"нн(е|я|ю|ем|и|яв|ях|ям|ями)$", r"ни\1"),
    (r"нияв$", "ний"),
    (r"нии$", "ния"),
    (r"(?<=[гкхжшчщ])ы", "и"),
    (r"(?<=[бвгдзклмнпрстфх])ага$", "ого"),
    (r"(?<=[жшчщцлн])[ая]га$", "его"),
    (r"(?<=[бвгдзклмнпрстфх])аму$", "ому"),
    (r"(?<=[жшчщ])ае$", "ее"),
    (r"(?<=[бвгдзклмнпрстфх])ае$", "ое"),
    (r"(?<=[жшчщ])ия$", "ие"),
    (r"кия$", "кие"),
    (r"ыя$", "ые"),
    (r"((?:[оеё]в|[днрйь]|че|и[цчс]|ет)[сц]к)и$", r"\1ий"),
    (r"(?<=[бвгджзклмпрстфхцчшщьн]н)ы$", "ый"),
    (r"(?<=..[оеа]в)ы$", "ый"),
    (r"(?<=[ая]ст)ы$", "ый"),
    (r"(?<=[аяую]щ)и$", "ий"),
    (r"(?<=[бвгджзклмпрстфхцчшщьн]н)а$", "о"),
    (r"(?<=[бвгдзклмнпрстфх])ай$", "ой"),
    (r"(?<=[лнрсзтдь])яй$", "ей"),
    (r"(?<=и)яй$", "ей"),
    (r"(?<=[бвгдзклмнпрстфхч])ав$", "ов"),
    (r"(?<=[еи]я)в$", "й"),
    (r"(?<=...)аст(?=(?:ь|и|ью|ей|ям|ях|ями)$)", "ост"),
    (r"(?<=..)аван(?=и[еяюй])", "ован"),
    (r"(?<=..)яван(?=и[еяюй])", "еван"),
    (r"(?<=..)аван(?=(?:ый|ая|ое|ые|ого|ому|ым|ой|ую|ых|ыми)$)", "ованн"),
    (r"(?<=..)ав(?=(?:ый|ая|ое|ые|ого|ому|ым|ой|ую|ых|ыми)$)", "ов"),
    (r"(?<=..)авать$", "овать"),
    (r"(?<=[аикуя])тар(?=(?:|ы|ов|ам|ах|ами|а|у|е|н..?.?)$)", "тор"),
    (r"(?<=[енрас])сар(?=(?:|ы|ов|ам|ах|ами|а|у|е|н..?.?)$)", "сор"),
    (r"авск(?=ий|ая|ое|ие|ого|ому|им|ой|ую|их)", "овск"),
    (r"авник", "овник"),
    (r"лаги", "логи"),
    (r"(?<=..)ства$", "ство"),
)


def belarusian_to_russian_letters(text: str) -> str:
    """Respell Belarusian so that an encoder trained on Russian meets familiar letters.

    Examples
    --------
    >>> belarusian_to_russian_letters("ціск")
    'тиск'
    """
    for source, target in _SPELLING:
        text = text.replace(source, target).replace(source.capitalize(), target.capitalize())
    return text


def belarusian_to_russian(text: str, *, lexicon: bool = True) -> str:
    """Give each Belarusian word the Russian word form an encoder knows.

    Words and stems of a lexicon first (``data/text/be_ru.csv``, the project's own), then rules for
    spelling, prefixes and endings. It is a bridge for encoders, not a translation for readers:
    endings and gender are often wrong, word order is kept.

    Parameters
    ----------
    text : any length
        Latin, Chinese and digits pass through unchanged.
    lexicon : use it
        False leaves the rules alone; for measuring.

    Examples
    --------
    >>> belarusian_to_russian("Вытворчасць лазерных прыбораў")
    'Производство лазерных приборов'
    """
    return _WORD.sub(lambda found: _recased(found.group(), lexicon), text)


def is_belarusian_word(word: str) -> bool:
    """Tell whether the lexicon has the word, or a long stem of it, in a spelling not Russian.

    Examples
    --------
    >>> is_belarusian_word("сувязь"), is_belarusian_word("станок")
    (True, False)
    """
    words, stems, longest = _lexicon()
    plain = word.translate(_APOSTROPHE).lower().strip('.,:;()«»"')
    if plain.startswith(_ALSO_RUSSIAN):
        return False
    if len(plain) > _PLAIN_WORD and words.get(plain, plain) != plain:
        return True
    lengths = range(_TELLING_STEM, min(len(plain), longest) + 1)
    return any(stems.get(plain[:n], plain[:n]) != plain[:n] for n in lengths)


def _recased(word: str, lexicon: bool) -> str:
    """Translate one word and give the result the capitals of the original."""
    plain = _russian_word(word.translate(_APOSTROPHE).lower(), lexicon)
    if word.isupper() and len(word) > 1:
        return plain.upper()
    return plain[:1].upper() + plain[1:] if word[:1].isupper() else plain


@lru_cache(maxsize=65_536)
def _russian_word(word: str, lexicon: bool) -> str:
    """Translate one lower-case word."""
    words, stems, longest = _lexicon() if lexicon else ({}, {}, 0)
    word = "у" + word[1:] if len(word) > 1 and word[0] == "ў" else word
    if word in words:
        return words[word]
    if len(word) <= _PLAIN_WORD:
        return _respelled(word)
    for length in range(min(len(word), longest), _SHORTEST_STEM - 1, -1):
        if word[:length] in stems:
            rest = word[length:]
            # A combining form ends in a vowel: what follows is a word of its own.
            if len(rest) > _SHORTEST_STEM and stems[word[:length]][-1] in "оеа":
                return stems[word[:length]] + _russian_word(rest, lexicon)
            return _ended(stems[word[:length]] + _respelled(rest))
    for pattern, target in _compiled(_BEGINNINGS):
        word = pattern.sub(target, word)
    return _ended(_respelled(word))


def _respelled(word: str) -> str:
    for pattern, target in _compiled(_LETTERS):
        word = pattern.sub(target, word)
    return word


def _ended(word: str) -> str:
    """Russian endings and suffixes for a word already in Russian letters."""
    scientific = re.fullmatch(r"(.*)[ыи]чн(ы|ый|ая|ае|ыя|ага|аму|ым|ай|ую|ых|ыми)", word)
    if scientific and len(scientific[1]) > 1:
        return f"{scientific[1]}ическ{_ADJECTIVE[scientific[2]]}"
    for pattern, target in _compiled(_ENDINGS):
        word = pattern.sub(target, word)
    return word


@lru_cache(maxsize=8)
def _compiled(rules: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), target) for pattern, target in rules)


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, str], dict[str, str], int]:
    """Whole words, stems, and the length of the longest stem."""
    file = files("clusterloom").joinpath("data", "text", "be_ru.csv")
    words: dict[str, str] = {}
    stems: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))):
        (words if row["kind"] == "word" else stems)[row["be"]] = row["ru"]
    return words, stems, max(map(len, stems))
