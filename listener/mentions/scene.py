"""The scene of a text: its tokens, where the target stands, which clause each token is in, and what feeling it has.
Pure.

A clause ends at the end of a sentence, at a semicolon, and before a word of contrast. Both scorers look at feelings
by where they stand relative to the target; this is what they look at.
"""

from __future__ import annotations

import html
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from operator import itemgetter
from typing import NamedTuple

import msgspec

from listener.mentions.memory import Memory
from listener.mentions.vader import NEGATION, Lexicon, Vader, Word, valences
from listener.mentions.words import TARGET, Found, Words

CONTRASTS = frozenset("but however although though whereas while except yet".split()) | frozenset(
    "aber jedoch pero sino mais cependant mas porém ma però لكن लेकिन पर".split()
)
#: Written with so much English among it, in Latin letters, that the English lexicon reads it, too.
ENGLISH_READERS = frozenset({"en", "hi"})
NEGATIONS = frozenset(
    """n't not no never none nobody nothing neither nor cannot without hardly barely isn't aren't wasn't weren't don't
    doesn't didn't won't wouldn't can't couldn't shouldn't haven't hasn't hadn't ain't dont doesnt didnt cant wont isnt
    wasnt nicht kein keine keinen nie pas jamais ne nunca não nao nem non mai لا ما لم ليس नहीं nahi nahin mat""".split()
)
#: What denies the feeling behind it, by language: "no" does in Spanish, and means "in the" in Portuguese.
_DENYING: Mapping[str, frozenset[str]] = {
    "de": frozenset("nicht kein keine keinen keiner keinem keines nie niemals weder kaum ohne nichts".split()),
    "fr": frozenset("ne pas non jamais sans ni rien aucun aucune guère".split()),
    "es": frozenset("no nunca jamás jamas sin ni tampoco ningún ninguna nada".split()),
    "it": frozenset("non no mai senza né nessun nessuna nessuno niente mica".split()),
    "pt": frozenset("não nao nunca jamais nem sem nenhum nenhuma nada".split()),
    "ar": frozenset("لا ما لم ليس ليست لن مش مو غير بدون مب مافي".split()),
    "hi": frozenset("नहीं ना न बिना मत nahi nahin nhi nai ni na bina mat no not never don't dont isn't".split()),
}
#: Written behind what they deny: "j'aime pas".
_DENYING_BEHIND: Mapping[str, frozenset[str]] = {"fr": frozenset({"pas", "jamais"}), "de": frozenset({"nicht"})}
#: Words before a phrase among which one may deny it.
_DENIED_BEFORE = 2
_ENDS = frozenset({".", ";", "…", "\n"})
_PLACE = itemgetter(0)


class Feeling(NamedTuple):
    """What one token or phrase gives."""

    #: Index of the token.
    place: int
    value: float
    words: str


class Scene(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a scorer sees of a text."""

    words: Words
    #: Tokens that are the target, rising; empty where the whole text is meant.
    targets: tuple[int, ...]
    #: Where clauses begin, rising.
    clauses: Sequence[int]
    #: Where the last word of contrast stands; -1 without one.
    contrast: int
    #: By place, rising.
    feelings: Sequence[Feeling]
    #: Phrases found, by list.
    phrases: Mapping[str, Sequence[Found]]
    lang: str | None

    @property
    def addressed(self) -> bool:
        """Tell whether the text begins with the target's handle: somebody talks to the brand, not of it."""
        tokens = self.words.tokens
        for place in self.targets[:1]:
            return tokens[place][0] == "@" and all(token[0] in "@." for token in tokens[:place])
        return False

    @cached_property
    def in_scope(self) -> bytes:
        """Tell of each token, by 1 or 0, whether it shares a clause with the target; all do where there is none."""
        length = len(self.words.tokens)
        if not self.targets:
            return b"\1" * length
        scope = bytearray(length)
        for place in self.targets:
            clause = bisect_right(self.clauses, place)
            start = self.clauses[clause - 1] if clause else 0
            end = self.clauses[clause] if clause < len(self.clauses) else length
            scope[start:end] = b"\1" * (end - start)
        return bytes(scope)

    def distance(self, place: int) -> int:
        """Return how many tokens after (before: negative) the nearest target a token stands, of two the later one.

        Raises IndexError without a target.
        """
        after = bisect_left(self.targets, place)
        if after == len(self.targets):
            return place - self.targets[-1]
        distance = place - self.targets[after]
        return min(distance, place - self.targets[after - 1], key=abs) if after else distance

    def around(self, reach: int) -> Iterator[tuple[int, int, int]]:
        """Yield for each target from where up to where (not included) tokens stand at most `reach` from it, and nearer
        to it than to another one: start, target, end. Of two targets as near it is the later one.
        """
        length = len(self.words.tokens)
        start = 0
        for target, following in pairwise((*self.targets, 2 * length)):
            border = (target + following + 1) // 2
            yield max(start, target - reach), target, min(length, border, target + reach + 1)
            start = border


class SceneMaker:
    """Makes scenes with one lexicon: of words, of emoji, and of phrases by the list "feeling" of a phrase book."""

    def __init__(self, lexicon: Lexicon, phrases: Mapping[str, float]) -> None:
        self._vader = Vader(lexicon)
        self._emoji = lexicon.emoji
        self._phrases = phrases
        self._memory = Memory(self._look_up)

    def make(self, words: Words, phrases: Mapping[str, Sequence[Found]], lang: str | None) -> Scene:
        """Make the scene of a text. Emoji speak to all; VADER's words are English, other languages have a list each."""
        shapes = words.shapes
        clauses, contrast = _clauses(shapes)
        return Scene(
            words=words,
            targets=tuple([place for place, shape in enumerate(shapes) if shape == TARGET]) if TARGET in shapes else (),
            clauses=clauses,
            contrast=contrast,
            feelings=self._feelings(words, phrases, lang),
            phrases=phrases,
            lang=lang,
        )

    def _feelings(self, words: Words, phrases: Mapping[str, Sequence[Found]], lang: str | None) -> list[Feeling]:
        if lang in ENGLISH_READERS:
            feelings = self._english(words, phrases.get("feeling", ()))
        else:
            feelings = list(self._emoji_only(words))
        feelings += _listed(words, phrases.get(f"feeling {lang}", ()), lang or "")
        feelings.sort(key=_PLACE)
        return feelings

    def _emoji_only(self, words: Words) -> Iterator[Feeling]:
        for place, token in enumerate(words.tokens):
            if token[0].isalnum():
                continue
            value = sum(word.valence or 0.0 for word in self._memory[token])
            if value:
                yield Feeling(place, value, token)

    def _english(self, words: Words, phrases: Sequence[Found]) -> list[Feeling]:
        entries = list(map(self._memory.__getitem__, words.tokens))
        known = list(chain.from_iterable(entries))
        places = [place for place, entry in enumerate(entries) for _ in entry]
        # A phrase stands for its words: they have no feeling of their own beside it.
        covered = {words.places[one] for found in phrases for one in range(found.first, found.last + 1)}
        feelings = [
            Feeling(places[at], value, words.tokens[places[at]])
            for at, value in valences(known).items()
            if value and places[at] not in covered
        ]
        for found in phrases:
            turned = NEGATION if found.first and words.words[found.first - 1] in NEGATIONS else 1.0
            feelings.append(Feeling(words.places[found.last], self._phrases[found.name] * turned, found.words))
        return feelings

    def _look_up(self, token: str) -> tuple[Word, ...]:
        """Return a token as words of the lexicon: an emoji is described in several, a mark is none."""
        if token in self._emoji:
            return tuple(map(self._vader.word, self._emoji[token].split()))
        if token[0].isalnum() or token[0] in "@h":
            return (self._vader.word(token.replace("’", "'")),)
        if len(token) > 1 and token[0] not in "!?.":
            return (self._vader.word(html.unescape(token)),)
        return ()


def _listed(words: Words, phrases: Sequence[Found], lang: str) -> Iterator[Feeling]:
    """Yield what listed phrases give: of those on the same words the strongest, of those within another none."""
    denying, behind = _DENYING.get(lang, frozenset()), _DENYING_BEHIND.get(lang, frozenset())
    strongest: dict[tuple[int, int], tuple[float, str]] = {}
    for found in phrases:
        value = float(found.name)
        if abs(value) > abs(strongest.get((found.first, found.last), (0.0, ""))[0]):
            strongest[found.first, found.last] = value, found.words
    covered = {one for first, last in strongest if last > first for one in range(first, last + 1)}
    for (first, last), (value, said) in strongest.items():
        if first == last and first in covered:
            continue
        before = words.words[max(0, first - _DENIED_BEFORE) : first]
        denied = not denying.isdisjoint(before) or not behind.isdisjoint(words.words[last + 1 : last + 2])
        yield Feeling(words.places[last], value * (NEGATION if denied else 1.0), said)


def _clauses(shapes: Sequence[str]) -> tuple[list[int], int]:
    """Return where clauses begin, and where the last word of contrast stands (-1 without one)."""
    starts = []
    contrast = -1
    for place, shape in enumerate(shapes):
        if shape in CONTRASTS:
            starts.append(place)
            contrast = place
        elif shape in _ENDS or shape[0] in "!?":
            starts.append(place + 1)
    return starts, contrast
