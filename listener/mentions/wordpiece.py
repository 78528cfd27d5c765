"""Cuts texts into the pieces of words that MiniLM knows, as BERT's lower-case vocabulary asks for. Pure, and linear.

The steps are those of Devlin et al. 2018 (https://github.com/google-research/bert#tokenization): control characters are
dropped, accents too, letters made small, marks and Chinese characters stand alone; then of each word the longest
beginning that the vocabulary holds is taken, and of the rest, which is written with ## before it, again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from listener.mentions.memory import Memory

#: Longer words are unknown, as MiniLM was trained with. It bounds the search for pieces, which is quadratic.
LONGEST_WORD = 100
UNKNOWN, FIRST, LAST, MASK = "[UNK]", "[CLS]", "[SEP]", "[MASK]"
#: Controls, marks of format, and what stands for no letter; what Unicode may yet give out is kept.
_CONTROLS = frozenset({"Cc", "Cf", "Co", "Cs"})
#: Blocks of Chinese characters, each of which is a word; Japanese and Korean letters are not among them.
_CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPieces:
    """A vocabulary, and the words that were cut with it."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        """Take the pieces in the order of their numbers. Raises KeyError where a mark that texts need is missing."""
        self._numbers: Mapping[str, int] = {piece: number for number, piece in enumerate(vocabulary)}
        self.first, self.last, self.mask = (self._numbers[mark] for mark in (FIRST, LAST, MASK))
        self._unknown = self._numbers[UNKNOWN]
        self._known = Memory(self._cut)

    def cut(self, text: str) -> list[int]:
        """Return the numbers of the pieces of a text, without the marks of its beginning and end."""
        return [number for word in text.split() for number in self._known[word]]

    def _cut(self, word: str) -> tuple[int, ...]:
        """Cut what stands between white space."""
        return tuple(number for part in _parts(word) for number in self._pieces(part))

    def _pieces(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._numbers.get(word[start:end] if start == 0 else f"##{word[start:end]}")
                if number is not None:
                    break
            else:
                return [self._unknown]
            found.append(number)
            start = end
        return found


def _parts(word: str) -> list[str]:
    """Return the words and marks of what has no white space in it."""
    spaced: list[str] = []
    plain = unicodedata.normalize("NFD", "".join(map(_clean, word)))
    for letter in plain:
        if unicodedata.category(letter) != "Mn":
            small = letter.lower()
            spaced.append(f" {small} " if _is_mark(small) else small)
    return "".join(spaced).split()


def _clean(letter: str) -> str:
    code = ord(letter)
    if code == 0xFFFD or unicodedata.category(letter) in _CONTROLS:
        return ""
    return f" {letter} " if code >= 0x3400 and any(a <= code <= b for a, b in _CHINESE) else letter


def _is_mark(letter: str) -> bool:
    """Tell whether a letter is a mark: all of ASCII's that are neither letters nor digits are."""
    return (letter.isascii() and not letter.isalnum() and not letter.isspace()) or unicodedata.category(
        letter[:1]
    ).startswith("P")
