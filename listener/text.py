"""Pure helpers over human text: folding for comparison with a way back to the original, word edges, safe cuts.

Nothing here knows of queries or markup. `fold` makes spellings that a reader takes for the same equal (case, accents,
full-width forms, curly quotes, invisible characters); what is found in the folded text is told in offsets of the
original, because those are what is stored, shown and masked.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from operator import attrgetter
from typing import NamedTuple

import msgspec

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
_UNSEEN = (
    "\u00ad\u034f\u061c\u0640\u115f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
#: Accents that are left out in comparison, and the vowel points of Arabic and Hebrew, which most writers omit.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
#: What may compose with the character before it: accents, kana voicing marks, Hangul vowels and finals, and the
#: invisible in between. As many as a reader can tell; longer piles come in portions.
_MARKS = re.compile(f"[\u0300-\u036f\u0653-\u0655\u3099\u309a\uff9e\uff9f\u1160-\u11ff{_UNSEEN}]{{1,30}}")
_ASCII = bytes(range(0x80))
#: Up to this many different characters are replaced one by one.
REPLACE_LIMIT = 100
_CYRILLIC = re.compile("[\u0400-\u052f]")


_SHIFT_START = attrgetter("start")


class Shift(NamedTuple):
    """A place where a folded text and its original run out of step: `text[start:end]` comes from `[begin:finish]`."""

    start: int
    end: int
    begin: int
    finish: int


class Folded(msgspec.Struct, frozen=True):
    """A text folded for comparison, with the way back."""

    text: str
    original: str
    #: From left to right; between two of them both texts run in step.
    shifts: tuple[Shift, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """Return the offsets in the original of the folded characters from `start` up to `end`, not empty."""
        if not self.shifts:
            return start, end
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, index: int) -> Span:
        number = bisect_right(self.shifts, index, key=_SHIFT_START) - 1
        if number < 0:
            return index, index + 1
        shift = self.shifts[number]
        if index < shift.end:
            return shift.begin, shift.finish
        place = shift.finish + index - shift.end
        return place, place + 1


def fold(text: str) -> Folded:
    """Fold a text so that what readers take for the same spelling is equal.

    Unicode NFKC on letters and digits, case folding, accents of Latin and Greek left out (and ё read as е), invisible
    characters removed, curly quotes and dashes made plain. ASCII, the common case, costs one `str.lower`.
    """
    if text.isascii():
        return Folded(text.lower(), text)
    letters = beyond_ascii(text)
    folds = [(letter, _FOLDS[ord(letter)]) for letter in letters]
    irregular = letters & _FOLDS.irregular
    # What folds one to one keeps all offsets. Replacing only what changes beats looking every character up.
    changes = [(letter, plain) for letter, plain in folds if plain != letter and letter not in irregular]
    if len(changes) > REPLACE_LIMIT:
        regular = text.translate({ord(letter): plain for letter, plain in changes})
    else:
        regular = text
        for letter, plain in changes:
            regular = regular.replace(letter, plain)
    # Lower case for the ASCII in between.
    regular = regular.lower()
    return _with_irregular(text, regular, irregular) if irregular else Folded(regular, text)


def _with_irregular(text: str, regular: str, irregular: set[str]) -> Folded:
    """Fold what does not fold one to one, and note where each folded character comes from."""
    pieces: list[str] = []
    shifts: list[Shift] = []
    done = length = 0
    for at in sorted(found for letter in irregular for found in _places_of(letter, text)):
        if at < done:
            continue  # a mark that was folded with the letter before it
        begin = at - 1 if at > done and _MARKS.match(text, at, at + 1) else at
        marks = _MARKS.match(text, at + 1)
        finish = marks.end() if marks else at + 1
        piece = _fold_cluster(text[begin:finish])
        pieces += (regular[done:begin], piece)
        length += begin - done
        shifts.append(Shift(length, length + len(piece), begin, finish))
        length += len(piece)
        done = finish
    pieces.append(regular[done:])
    return Folded("".join(pieces).lower(), text, tuple(shifts))


def _places_of(letter: str, text: str) -> Iterator[int]:
    at = text.find(letter)
    while at >= 0:
        yield at
        at = text.find(letter, at + 1)


def beyond_ascii(text: str) -> set[str]:
    """Return which characters that are not ASCII a text has: by way of its bytes, 20 times faster than by pattern."""
    rest = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return set(rest.decode("utf-8", "surrogatepass"))


def fold_text(text: str) -> str:
    """Return a text folded as by `fold`, without the way back."""
    return text.lower() if text.isascii() else fold(text).text


def fold_exact(text: str) -> str:
    """Fold only what nobody sees or types on purpose: the invisible, curly quotes, width; neither case nor accents."""
    if text.isascii():
        return text
    plain = "".join(_compatible(character) for character in unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", plain)  # half-width kana compose only now


@lru_cache(maxsize=10_000)
def _fold_cluster(cluster: str) -> str:
    if len(cluster) == 1:
        return cluster.translate(_FOLDS)
    # Where an accent stood between two letters of Hangul they compose only now.
    return unicodedata.normalize("NFC", fold_exact(cluster).translate(_FOLDS))


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
    # Twice, because a compatibility form can hold what is left out or made plain (U+0149, U+FE31).
    return "".join(_fold_once(part) for part in _fold_once(character))


def _fold_once(character: str) -> str:
    plain = _compatible(character).casefold()
    if not plain.isascii():
        # й, ї and their like are letters of their own in Cyrillic; only ё is commonly written without its dots.
        plain = "".join(part if _CYRILLIC.match(part) else _without_accents(part) for part in plain).replace("ё", "е")
    return plain


def _without_accents(character: str) -> str:
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", character))
    return "".join(_STROKES.get(part, part) for part in unicodedata.normalize("NFC", bare))


class _Folds(dict[int, str]):
    """The table of `str.translate`, filled as characters are met: a memo of `_fold_character`.

    At most one entry for each assigned character of Unicode (160,000, some 30 MB) however hostile the text.
    """

    def __init__(self) -> None:
        super().__init__()
        #: Characters that do not fold one to one, of those met so far.
        self.irregular: set[str] = set()

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Co"):
            return character
        folded = _fold_character(character)
        # Before the entry: another thread that finds the entry must find this, too.
        if len(folded) != 1 or _MARKS.match(character):
            self.irregular.add(character)
        self[code] = folded
        return folded


_FOLDS = _Folds()


# --- letters alone ------------------------------------------------------------------------------------------------

#: ASCII in lower case; and everything in ASCII but letters and digits.
_LOWER = bytes(ord(chr(code).lower()) if code < 0x80 else code for code in range(256))
_MARKS_OF_ASCII = bytes(code for code in range(0x80) if not chr(code).isalnum())


def letters_of(text: str) -> str:
    """Return the letters and digits of a text alone, in their compatibility form (NFKC), without case.

    What `normalize`, `casefold` and `isalnum` would give, with fewer steps: hardly a text holds a character that may
    compose with the one before it, and without one each can be replaced by itself.
    """
    plain_ascii = text.encode("utf-8", "surrogatepass").translate(_LOWER, _MARKS_OF_ASCII)
    if text.isascii():
        return plain_ascii.decode("ascii")
    letters = set(plain_ascii.translate(None, _ASCII).decode("utf-8", "surrogatepass"))
    changes = [(letter, plain) for letter in letters if (plain := _LETTERS[letter]) != letter]
    if len(changes) > REPLACE_LIMIT or not letters.isdisjoint(_LETTERS.composing):
        return _letters_of_composed(text)
    plain_text = plain_ascii.decode("utf-8", "surrogatepass")
    for letter, plain in changes:
        plain_text = plain_text.replace(letter, plain)
    return plain_text


def _letters_of_composed(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join([character for character in text if character.isalnum()])


class _Letters(dict[str, str]):
    """What `letters_of` leaves of a character beyond ASCII, filled as characters are met."""

    def __init__(self) -> None:
        super().__init__()
        #: Characters, of those met so far, that can't be looked at without their neighbours.
        self.composing: set[str] = set()

    def __missing__(self, character: str) -> str:
        if unicodedata.category(character) in ("Cn", "Co"):
            return ""
        form = unicodedata.normalize("NFKC", character)
        plain = "".join(part for part in form.casefold() if part.isalnum())
        alone = all(unicodedata.category(part)[0] in "LNPSZC" and not "\u1160" <= part <= "\u11ff" for part in form)
        if not alone or any(_letters_of_composed(part) != part for part in plain):
            # Before the entry: another thread that finds the entry must find this, too.
            self.composing.add(character)
        self[character] = plain
        return plain


_LETTERS = _Letters()


def one_line(text: str) -> str:
    """Return a text with each run of white space, line breaks too, as one space, and none at its ends."""
    return " ".join(text.split())


# --- words --------------------------------------------------------------------------------------------------------

#: Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, kana, bopomofo, ideographs.
_CONTINUOUS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)


@cache
def _continuous_character() -> re.Pattern[str]:
    """Return the pattern of one such character: 4 ms to compile, which most texts don't need."""
    return re.compile(f"[{_CONTINUOUS}]")


def is_word(character: str) -> bool:
    """Whether a character is part of a word: a letter, a digit or a mark on one. An underscore is not."""
    return character.isalnum() or (character > "\x7f" and unicodedata.category(character)[0] == "M")


def is_continuous(character: str) -> bool:
    """Whether a character is of a script that writes no spaces between words, so that edges can't be seen."""
    return character > "\u0dff" and _continuous_character().match(character) is not None


def is_hangul(character: str) -> bool:
    """Whether a character is a Hangul syllable: Korean glues its particles to the end of a word."""
    return "\uac00" <= character <= "\ud7a3"


def are_joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word.

    A change between a script without spaces, or Hangul, and any other is an edge: "我喜欢Acme的", "Acme는".
    """
    if left < "\x80" and right < "\x80":
        return left.isalnum() and right.isalnum()
    if not (is_word(left) and is_word(right)):
        return False
    return not (is_continuous(left) or is_continuous(right)) and is_hangul(left) == is_hangul(right)


def word_end(text: str, at: int) -> int:
    """Return where the word ends of which the character before `at` is a part."""
    last = text[at - 1]
    if is_hangul(last):
        run = _HANGUL.match(text, at)
    elif is_word(last) and not is_continuous(last):
        run = _ASCII_LETTERS.match(text, at) if text.isascii() else _letters().match(text, at)
    else:
        return at
    assert run is not None
    return run.end()


_HANGUL = re.compile("[\uac00-\ud7a3]*")
_ASCII_LETTERS = re.compile("[A-Za-z0-9]*")


@cache
def _letter_class() -> str:
    """Return the pattern of one letter, digit or mark of a script with visible edges of words, but Hangul."""
    marks = "".join(chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code))[0] == "M")
    marks = re.sub(f"[{_CONTINUOUS}]", "", marks)
    return f"(?:[^\\W_\uac00-\ud7a3{_CONTINUOUS}]|[{marks}])"


@cache
def _letters() -> re.Pattern[str]:
    return re.compile(f"{_letter_class()}*")


@cache
def _counted_words() -> re.Pattern[str]:
    """Return the pattern of what counts as one word: don't, AT&T and acme.io are one, each ideograph is one."""
    letters = f"{_letter_class()}+"
    return re.compile(f"[{_CONTINUOUS}]|[\uac00-\ud7a3]+|{letters}(?:['&._]{letters})*")


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
    return 0 if at <= CUT_REACH else at


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


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: "1 item", "1,200 items"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
