"""Words of a text with their places, split once for all of this package. Pure, and linear.

A word is lower case, with straight apostrophes and without the marks around it; its place is that of the original, so
that what led to a judgement can be quoted as it stands. Names of brands are masked first: `TARGET` stands for the brand
whose mention is read, `OTHER` for any other that is known, so that no name has a feeling of its own.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, compress, pairwise
from typing import NamedTuple, TypeAlias

import msgspec
from ahocorasick_rs import AhoCorasick

from listener.mentions.memory import Memory
from listener.text import REPLACE_LIMIT, beyond_ascii
from listener.types import Span

#: Neither is a letter, so no list of words knows them.
TARGET = "\u25a1"
OTHER = "\u25ab"
LINK = "http"
HANDLE = "@"

#: Marks that compose with a letter: accents, Arabic and Indian vowels. Python's \w knows letters only.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903\u093a-\u094f"
    "\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0b4d\u0b82-\u0bcd\u0c00-\u0c56"
    "\u0c81-\u0cd6\u0d00-\u0d57\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200c\u200d"
)
_TAIL = rf"(?:[{_MARKS}]+[^\W_]*)*(?:['’‘`´][^\W_]+)*"
#: A word, told first where its first letter can't begin anything else; a mark; an address, a handle, a masked name, an
#: emoticon, another word, or a mark that means something. No token holds white space, or depends on what is beyond it.
_TOKEN = re.compile(
    rf"[^\W_hwxX8][^\W_]*(?:(?=[{_MARKS}'’‘`´]){_TAIL})?|\.{{2,}}|[.,]"
    rf"|https?://\S+|www\.\S+|@\w+|[@#]?{TARGET}+|[@#]?{OTHER}+"
    r"|[<>]?[:;=8xX][-o^']?[)(\[\]DdPpOo/\\|3*]+(?!\w)|(?:<|&lt;)3+|&(?:amp|lt|gt|quot|nbsp|#39|apos);"
    rf"|[^\W_]+{_TAIL}|[!?]+|[^\w\s]"
)
_APOSTROPHES = str.maketrans("’‘`´", "''''")
_APOSTROPHE_SIGNS = frozenset("’‘´")
#: Arabic letters that writers use for one another, and marks that most leave out.
_ARABIC = str.maketrans("أإآٱىةؤئ", "اااايهوي", "ـًٌٍَُِّْٰ")
_ADDRESSES = ("http://", "https://", "www.")
_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
#: What makes a token that is not a word as it stands, or is one without a letter.
_NO_MERE_WORD = re.compile(rf"[@%{TARGET}{OTHER}]|://|www\.")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_MARK = re.compile(f"[{_MARKS}]")
#: Of bytes: a space for what of ASCII is in no word.
_PLAIN = bytes(code if code > 127 or chr(code).isalnum() or chr(code) in "'%" else 32 for code in range(256))
_REPEATED = re.compile(r"(.)\1{2,}")
_DIGIT = re.compile(r"\d")


def mask(text: str, spans: Iterable[Span], by: str = TARGET) -> str:
    """Replace the characters at `spans` by marks that carry no feeling, keeping all offsets and a leading @ or #."""
    out: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if text[start : start + 1] in ("@", "#"):
            start += 1
        if end > at:
            out += (text[at:start], by * (end - max(start, at)))
            at = end
    return "".join((*out, text[at:])) if out else text


class Token(NamedTuple):
    """What there is to know of a token by itself."""

    #: As it stands in the text.
    token: str
    #: What the model knows it by.
    shape: str
    #: What phrases are made of; "" for a mark.
    word: str


def _known(token: str) -> Token:
    if token.isascii() and token.isalpha():
        lower = token.lower()
        # Equal strings are kept once: tens of thousands of tokens are remembered.
        lower = token if lower == token else lower
        shape = _REPEATED.sub(_twice, lower)
        return Token(token, lower if shape == lower else shape, lower)
    first, last = token[0], token[-1]
    if token.startswith(".."):
        return Token(token, "…", "")
    if last in (TARGET, OTHER):
        return Token(token, last, last)
    if token.startswith(_ADDRESSES):
        return Token(token, LINK, "")
    if first == "@" and len(token) > 1:
        return Token(token, HANDLE, token[1:].lower())
    lower = (html.unescape(token) if first == "&" else token).translate(_APOSTROPHES).lower()
    if "\u0600" <= first <= "\u06ff":
        lower = lower.translate(_ARABIC) or lower
    shape = _REPEATED.sub(_twice, lower)
    if not shape.isalpha():
        shape = _DIGIT.sub("0", shape)
    return Token(token, shape, lower if first.isalnum() or first == "%" else "")


def _twice(run: re.Match[str]) -> str:
    # A template, which would have to be read, costs four times as much where there is nothing to replace.
    return run[1] * 2


#: Tokens by how they are written.
_TOKENS = Memory(_known)


def _cut(piece: str) -> tuple[Token, ...]:
    """Cut what stands between white space into tokens."""
    if piece[0] not in "8xX":
        # A word, or one with a mark behind it, in a third of the time. An x may begin a face.
        if piece.isalnum():
            return (_TOKENS[piece],)
        if piece[-1] in ",." and piece[:-1].isalnum():
            return _TOKENS[piece[:-1]], _TOKENS[piece[-1]]
    tokens = _TOKEN.findall(piece)
    if "#" in piece:
        behind = pairwise(("", *tokens))
        tokens = [part for before, token in behind for part in (hashtag_words(token) if before == "#" else (token,))]
    return tuple(map(_TOKENS.__getitem__, tokens))


def hashtag_words(hashtag: str) -> list[str]:
    """Return the words of a hashtag (without its "#") that begin with capitals: of "WorstAirlineEver" three."""
    if hashtag.islower() or hashtag.isupper() or hashtag.istitle() or not hashtag.isalnum():
        return [hashtag]
    cuts = [0, *(at for at in range(1, len(hashtag)) if _begins(hashtag, at)), len(hashtag)]
    return [hashtag[start:end] for start, end in pairwise(cuts)]


def _begins(hashtag: str, at: int) -> bool:
    return hashtag[at].isupper() and (not hashtag[at - 1].isupper() or hashtag[at + 1 : at + 2].islower())


#: Nine of ten pieces of a text have been seen before.
_PIECES = Memory(_cut)


class Words(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The tokens of one text, in order, and those among them that are words."""

    text: str
    #: As they stand in the text.
    tokens: tuple[str, ...]
    #: What the model knows each token by: lower case, digits as 0, letters at most twice in a row.
    shapes: tuple[str, ...]
    #: Words only, for phrases; `places` are their tokens.
    words: tuple[str, ...]
    places: tuple[int, ...]

    @cached_property
    def joined(self) -> str:
        """All words with one space between, before and after: what phrases are looked for in."""
        return f" {' '.join(self.words)} "

    @cached_property
    def starts(self) -> Sequence[int]:
        """Where each token begins in the text: what lies between two begins no token, so it can be looked for."""
        starts = []
        at = 0
        find = self.text.find
        for token in self.tokens:
            at = find(token, at)
            starts.append(at)
            at += len(token)
        return starts

    @cached_property
    def _offsets(self) -> list[int]:
        """Offset in `joined` of each word's leading space."""
        return list(accumulate([len(word) + 1 for word in self.words], initial=0))

    def interval(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last word, as indices, of an interval of `joined` that begins with a space."""
        return bisect_right(self._offsets, start) - 1, bisect_right(self._offsets, end - 2) - 1

    def original(self, first: int, last: int) -> str:
        """Return an interval of words as they stand in the text, on one line."""
        begin, end = self.places[first], self.places[last]
        if begin == end:
            return self.tokens[begin]
        return " ".join(self.text[self.starts[begin] : self.starts[end] + len(self.tokens[end])].split())


def words_of(text: str) -> Words:
    """Cut a text into tokens and words."""
    known = [token for piece in text.split() for token in _PIECES[piece]]
    if not known:
        return Words(text=text, tokens=(), shapes=(), words=(), places=())
    tokens, shapes, forms = zip(*known, strict=True)
    words = tuple(filter(None, forms))
    if "n't" in words:
        words = _with_negations(words)
    return Words(text=text, tokens=tokens, shapes=shapes, words=words, places=tuple(compress(range(len(forms)), forms)))


def plain_words(text: str) -> Sequence[str]:
    """Return the words of a text as `words_of` spells them, where nothing else is asked for: in half the time.

    Case is lost before addresses and faces are told: one in capitals counts as its words.
    """
    text = text.lower()
    if not text.isascii():
        if _ARABIC_LETTER.search(text):
            return words_of(text).words
        text = text.replace("’", "'").replace("‘", "'").replace("´", "'")
    tokens = _TOKEN.findall(text.replace("`", "'"))
    if _NO_MERE_WORD.search(text):
        words = [word for token in tokens if (word := _word_of(token))]
    else:
        words = [token for token in tokens if token[0].isalnum()]
    return _with_negations(words) if "n't" in words else words


def rough_words(text: str, most: int) -> list[bytes]:
    """Return the first words of a long text as `plain_words` spells them, in UTF-8, in a quarter of its time.

    Faces of letters ("8)", "xD") count as words. It is for those who ask how much two texts have in common.
    """
    if not text.isascii():
        signs = beyond_ascii(text)
        if any(map(_ARABIC_LETTER.match, signs)):
            text = text.lower()
            return [word.encode() for word in words_of(text).words[:most]]
        for sign in signs & _APOSTROPHE_SIGNS:
            text = text.replace(sign, "'")
        between = [sign for sign in signs - _APOSTROPHE_SIGNS if not sign.isalnum() and not _MARK.match(sign)]
        if len(between) > REPLACE_LIMIT:
            text = text.translate(dict.fromkeys(map(ord, between), " "))
        else:
            for sign in between:
                text = text.replace(sign, " ")
    # Now most texts are ASCII, which is made small ten times faster.
    text = text.lower()
    if "@" in text and "_" in text:  # Handles hold what parts other words.
        return [word.encode() for word in plain_words(text)[:most]]
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    row = b" %b " % text.replace("`", "'").encode().replace(b"%", b" % ").translate(_PLAIN)
    if b"'" in row:
        row = row.replace(b"''", b" ").replace(b"' ", b" ").replace(b" '", b" ")
    return row.split(None, most)[:most]


def _word_of(token: str) -> str:
    """Return the word of a token in lower case, without remembering it."""
    first = token[0]
    if first.isalnum():
        return "" if token.startswith(_ADDRESSES) else token
    if first == "@" and len(token) > 1 and token[1] not in (TARGET, OTHER):
        return token[1:]
    return token[-1] if token[-1] in ("%", TARGET, OTHER) else ""


def _with_negations(words: Sequence[str]) -> tuple[str, ...]:
    """Put together what texts that were cut into tokens before have apart: "do n't"."""
    joined = list(words)
    for at in range(1, len(joined)):
        if joined[at] == "n't":
            joined[at - 1] += "n't"
    return tuple(joined)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase in a text."""

    #: What the list calls it: a topic, a kind of speech, a step of severity, the phrase itself.
    name: str
    #: The first and the last word, as indices of `Words.words`.
    first: int
    last: int
    #: As it stands in the text.
    words: str


#: List, name, and the pattern of what must follow.
_Entry: TypeAlias = tuple[str, str, re.Pattern[str] | None]


class PhraseBook:
    """Many lists of phrases, all looked for at once.

    A phrase is words. A word that ends in `*` stands for all words that begin so; `...` for up to `GAP_WORDS` words;
    `<brand>` for the masked target, `<other>` for another masked brand.
    """

    GAP_WORDS = 4

    def __init__(self, lists: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Take phrases by list, each as what it stands for (see `Found.name`) and the phrase."""
        entries: dict[str, tuple[_Entry, ...]] = {}
        for group, phrases in lists.items():
            for name, phrase in phrases:
                head, rest = _compiled(_spelled(phrase), self.GAP_WORDS)
                entries[head] = (*entries.get(head, ()), (group, name, rest))
        #: What may follow a head, by its number.
        self._entries = tuple(entries.values())
        self._automaton = AhoCorasick(list(entries)) if entries else None

    def find(self, words: Words) -> dict[str, list[Found]]:
        """Return what stands in a text, by list, each in the order of where it becomes certain."""
        founds: dict[str, list[Found]] = {}
        if self._automaton is None or not words.words:
            return founds
        joined = words.joined
        for head, start, end in self._automaton.find_matches_as_indexes(joined, overlapping=True):
            for group, name, rest in self._entries[head]:
                stop = end
                if rest is not None:
                    found = rest.match(joined, end)
                    if found is None:
                        continue
                    stop = found.end() + 1
                first, last = words.interval(start, stop)
                one = Found(name=name, first=first, last=last, words=words.original(first, last))
                founds.setdefault(group, []).append(one)
        return founds


def _spelled(phrase: str) -> str:
    """Return a phrase as its words are spelled by `words_of`, with `*` and `...` kept."""
    phrase = phrase.replace("<brand>", TARGET).replace("<other>", OTHER)
    parts: list[str] = []
    for part in phrase.split():
        if part == "...":
            parts.append(part)
            continue
        # One word, as most are, with or without an apostrophe within. An x may begin a face.
        if all(map(str.isalpha, part.split("'"))) and part[0] not in "xX":
            parts.append(part.lower() if part.isascii() else _known(part).word)
            continue
        words = list(words_of(part.removesuffix("*")).words)
        if words and part.endswith("*"):
            words[-1] += "*"
        parts += words
    return " ".join(parts)


def _compiled(phrase: str, gap: int) -> tuple[str, re.Pattern[str] | None]:
    """Split a phrase into literal characters to search for, and a pattern for what must follow, if anything must.

    The pattern takes word after word and so is linear: gaps are bounded.
    """
    if "*" not in phrase and " ..." not in phrase:
        return f" {phrase} ", None
    cut = min(at for at in (phrase.find("*"), phrase.find(" ...")) if at >= 0)
    head, rest = phrase[:cut], phrase[cut:]
    pattern = ""
    if rest.startswith("*"):
        pattern, rest = "[^ ]*", rest[1:]
    for word in rest.split():
        if word == "...":
            pattern += rf"(?: [^ ]+){{0,{gap}}}?"
        else:
            pattern += " " + re.escape(word.removesuffix("*")) + ("[^ ]*" if word.endswith("*") else "")
    return f" {head}", re.compile(pattern + "(?= )")


def phrases_of(lists: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return phrases by name as pairs for a `PhraseBook`."""
    return [(name, phrase) for name, phrases in lists.items() for phrase in phrases]
