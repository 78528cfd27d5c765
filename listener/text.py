"""Pure helpers over human text: folding for comparison with a way back to the original, word edges, safe cuts.

Nothing here knows of queries or markup. `fold` makes spellings that a reader takes for the same equal (case, accents,
full-width forms, curly quotes, invisible characters); what is found in the folded text is told in offsets of the
original, because those are what is stored, shown and masked.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass
from functools import cache

from listener.types import Span

# --- folding ------------------------------------------------------------------------------------------------------

#: One code point never folds to more than this many; longer compatibility forms (U+FDFA: 18) stay as they are.
EXPANSION_LIMIT = 4
_APOSTROPHES = dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\uff07", "'")
_QUOTES = dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"')
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
#: Superscript digits mark footnotes ("Acme¹ said"): no part of the word before them.
_FOOTNOTES = dict.fromkeys("\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079", "^")
_PUNCTUATION = _APOSTROPHES | _QUOTES | _DASHES | _FOOTNOTES
#: Letters that Unicode does not decompose, as the people without that key on the keyboard write them.
_STROKES = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
#: Invisible, whatever their category: soft hyphen, joiners, direction marks, variation selectors, Arabic tatweel.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
#: Accents that are left out in comparison, and the vowel points of Arabic and Hebrew, which most writers omit.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
#: A character with what composes with it: accents, kana voicing marks, Hangul vowels and finals.
_CLUSTER = re.compile("(?s:.)[\u0300-\u036f\u0653-\u0655\u3099\u309a\uff9e\uff9f\u1160-\u11ff]*")
#: What is not ASCII, with one character before it, which a mark may belong to.
_STRETCH = re.compile("(?s:.)?[^\x00-\x7f]+")
_COMPOSING = re.compile("[\u3099\u309a\uff9e\uff9f\u1160-\u11ff]")
_CYRILLIC = re.compile("[\u0400-\u052f]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for comparison, with the way back."""

    text: str
    original: str
    #: For each folded character where its original begins and ends; None where both texts run in step.
    starts: array[int] | None = None
    ends: array[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """Return the offsets in the original of the folded characters from `start` up to `end`, not empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold a text so that what readers take for the same spelling is equal.

    Unicode NFKC on letters and digits, case folding, accents of Latin and Greek left out (and ё read as е), invisible
    characters removed, curly quotes and dashes made plain. ASCII, the common case, costs one `str.lower`.
    """
    if text.isascii():
        return Folded(text.lower(), text)
    # Lower case comes last and once for everything: what the table gives is ASCII or already without case.
    folded = _STRETCH.sub(_fold_stretch, text).lower()
    if _FOLDS.irregular.isdisjoint("".join(_STRETCH.findall(text))):
        return Folded(folded, text)
    starts = array("I")
    ends = array("I")
    done = 0
    for stretch in _STRETCH.finditer(text):
        begin, end = stretch.span()
        if _FOLDS.irregular.isdisjoint(stretch.group()):
            continue
        starts.extend(range(done, begin))
        ends.extend(range(done + 1, begin + 1))
        for cluster in _CLUSTER.finditer(text, begin, end):
            length = len(_fold_cluster(cluster.group()))
            starts.extend([cluster.start()] * length)
            ends.extend([cluster.end()] * length)
        done = end
    starts.extend(range(done, len(text)))
    ends.extend(range(done + 1, len(text) + 1))
    return Folded(folded, text, starts, ends)


def _fold_stretch(stretch: re.Match[str]) -> str:
    text = stretch.group()
    folded = text.translate(_FOLDS)
    if _FOLDS.irregular.isdisjoint(text):
        return folded
    return "".join(_fold_cluster(cluster) for cluster in _CLUSTER.findall(text))


def fold_text(text: str) -> str:
    """Return a text folded as by `fold`, without the way back."""
    return text.lower() if text.isascii() else fold(text).text


def fold_exact(text: str) -> str:
    """Fold only what nobody sees or types on purpose: the invisible, curly quotes, width; neither case nor accents."""
    if text.isascii():
        return text
    return "".join(_compatible(character) for character in unicodedata.normalize("NFC", text))


def _fold_cluster(cluster: str) -> str:
    if len(cluster) == 1:
        return cluster.translate(_FOLDS)
    # Half-width kana compose only after their compatibility form is taken.
    return unicodedata.normalize("NFC", fold_exact(cluster)).translate(_FOLDS)


def _compatible(character: str) -> str:
    """Return the compatibility form of a character: full-width and styled letters made plain, the invisible gone."""
    if _INVISIBLE.match(character):
        return ""
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"  # a lone surrogate is no text, and UTF-8 has no bytes for it
    form = unicodedata.normalize("NFKC", character)
    # Symbols that would grow into letters (™ to TM, № to No) would glue themselves to the word beside them.
    longest = EXPANSION_LIMIT if category[0] == "L" or category == "Nl" else 1
    return form if len(form) <= longest else character


def _fold_character(character: str) -> str:
    plain = _compatible(character).casefold()
    if not plain.isascii():
        # й, ї and their like are letters of their own in Cyrillic; only ё is commonly written without its dots.
        plain = "".join(part if _CYRILLIC.match(part) else _without_accents(part) for part in plain).replace("ё", "е")
    return plain


def _without_accents(character: str) -> str:
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", character))
    return "".join(_STROKES.get(part, part) for part in unicodedata.normalize("NFC", bare))


class _Folds(dict[int, int | str]):
    """The table of `str.translate`, filled as characters are met: a memo of `_fold_character`.

    At most one entry for each assigned character of Unicode (160,000, some 20 MB) however hostile the text.
    """

    def __init__(self) -> None:
        super().__init__()
        #: Characters that do not fold one to one, of those met so far.
        self.irregular: set[str] = set()

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Co"):
            return code
        folded = _fold_character(character)
        # Before the entry: another thread that finds the entry must find this, too.
        if len(folded) != 1 or _COMPOSING.match(character):
            self.irregular.add(character)
        # Equal integers are shared with the key; a string of its own for each ideograph would be 76 bytes more.
        self[code] = code if folded == character else folded
        return self[code]


_FOLDS = _Folds()


def one_line(text: str) -> str:
    """Return a text with each run of white space, line breaks too, as one space, and none at its ends."""
    return " ".join(text.split())


# --- words --------------------------------------------------------------------------------------------------------

#: Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, kana, bopomofo, ideographs.
_CONTINUOUS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_CONTINUOUS_CHARACTER = re.compile(f"[{_CONTINUOUS}]")


def is_word(character: str) -> bool:
    """Whether a character is part of a word: a letter, a digit or a mark on one. An underscore is not."""
    return character.isalnum() or (character > "\x7f" and unicodedata.category(character)[0] == "M")


def is_continuous(character: str) -> bool:
    """Whether a character is of a script that writes no spaces between words, so that edges can't be seen."""
    return character > "\u0dff" and _CONTINUOUS_CHARACTER.match(character) is not None


def is_hangul(character: str) -> bool:
    """Whether a character is a Hangul syllable: Korean glues its particles to the end of a word."""
    return "\uac00" <= character <= "\ud7a3"


def are_joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word.

    A change between a script without spaces, or Hangul, and any other is an edge: "我喜欢Acme的", "Acme는".
    """
    if not (is_word(left) and is_word(right)):
        return False
    if left < "\u0e00" and right < "\u0e00":
        return True
    return not (is_continuous(left) or is_continuous(right)) and is_hangul(left) == is_hangul(right)


@cache
def _counted_words() -> re.Pattern[str]:
    """Return the pattern of what counts as one word: don't, AT&T and acme.io are one, each ideograph is one."""
    marks = "".join(chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code))[0] == "M")
    marks = re.sub(f"[{_CONTINUOUS}]", "", marks)
    letters = f"(?:[^\\W_{_CONTINUOUS}]|[{marks}])+"
    return re.compile(f"[{_CONTINUOUS}]|{letters}(?:['&._]{letters})*")


_ASCII_WORDS = re.compile(r"[^\W_]+(?:['&._][^\W_]+)*", re.ASCII)


def word_starts(text: str) -> array[int]:
    """Return where the words of a folded text begin, for counting the words between two places."""
    pattern = _ASCII_WORDS if text.isascii() else _counted_words()
    return array("I", [word.start() for word in pattern.finditer(text)])


# --- cutting ------------------------------------------------------------------------------------------------------

ELLIPSIS = "…"
_GLUED = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
#: A cut looks this far back for the start of what it would split: the longest emoji sequences have about ten parts.
CUT_REACH = 32


def safe_cut(text: str, at: int) -> int:
    """Return the nearest place at or before `at` where a text can be cut without splitting what is read as one.

    Keeps together accents and their letters, emoji sequences (joiners, skin tones, variation selectors), flags and
    CR LF. Within `CUT_REACH`: a longer pile of accents is cut.
    """
    if at <= 0 or at >= len(text):
        return max(0, min(at, len(text)))
    for place in range(at, max(0, at - CUT_REACH), -1):
        if not _splits(text, place):
            return place
    return at


def _splits(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if _is_flag_half(before) and _is_flag_half(after):
        run = at
        while run > 0 and at - run < CUT_REACH and _is_flag_half(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1
    if before == "\r":
        return after == "\n"
    return (
        before == "\u200d"
        or _GLUED.match(after) is not None
        or (after > "\x7f" and unicodedata.category(after) in ("Mn", "Mc", "Me"))
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def shorten(text: str, width: int) -> str:
    """Return a text of at most `width` characters on one line, ended by an ellipsis where something was left out."""
    line = one_line(text[: 4 * width + 64])
    if len(line) <= width and len(text) <= 4 * width + 64:
        return line
    end = safe_cut(line, min(len(line), width - 1))
    space = line.rfind(" ", end * 2 // 3, end + 1)
    return line[: end if space < 0 else space].rstrip() + ELLIPSIS
