"""The scene of a text: its tokens, where the target stands, which clause each token is in, and what feeling it has.
Pure.

A clause ends at the end of a sentence, at a semicolon, and before a word of contrast. Both scorers look at feelings
by where they stand relative to the target; this is what they look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from listener.mentions.vader import NEGATION, PLAIN, Lexicon, Vader, Word, valences
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
_ENDS = frozenset({".", ";", "…", "\n"})


@dataclass(frozen=True, kw_only=True)
class Feeling:
    """What one token or phrase gives."""

    #: Index of the token.
    place: int
    value: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a scorer sees of a text."""

    words: Words
    #: Tokens that are the target; empty where the whole text is meant.
    targets: tuple[int, ...]
    #: Of each token, rising.
    clauses: tuple[int, ...]
    feelings: tuple[Feeling, ...]
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
    def in_scope(self) -> tuple[bool, ...]:
        """Tell of each token whether it shares a clause with the target; all do where there is none."""
        if not self.targets:
            return (True,) * len(self.clauses)
        own = {self.clauses[place] for place in self.targets}
        return tuple(clause in own for clause in self.clauses)

    @cached_property
    def distances(self) -> tuple[int, ...]:
        """Return of each token how many tokens after (before: negative) the nearest target it stands; () without "
        "one."""
        if not self.targets:
            return ()
        distances = []
        at = 0
        targets = self.targets
        for place in range(len(self.clauses)):
            while at + 1 < len(targets) and abs(targets[at + 1] - place) <= abs(targets[at] - place):
                at += 1
            distances.append(place - targets[at])
        return tuple(distances)


class SceneMaker:
    """Makes scenes with one lexicon: of words, of emoji, and of phrases by the list "feeling" of a phrase book."""

    def __init__(self, lexicon: Lexicon, phrases: Mapping[str, float]) -> None:
        self._vader = Vader(lexicon)
        self._emoji = lexicon.emoji
        self._phrases = phrases
        self._memory: dict[str, tuple[Word, ...]] = {}

    def make(self, words: Words, phrases: Mapping[str, Sequence[Found]], lang: str | None) -> Scene:
        """Make the scene of a text. Emoji speak to all; VADER's words are English, other languages have a list each."""
        return Scene(
            words=words,
            targets=tuple(place for place, shape in enumerate(words.shapes) if shape == TARGET),
            clauses=_clauses(words),
            feelings=self._feelings(words, phrases, lang),
            phrases=phrases,
            lang=lang,
        )

    def _feelings(self, words: Words, phrases: Mapping[str, Sequence[Found]], lang: str | None) -> tuple[Feeling, ...]:
        feelings: list[Feeling] = []
        if lang in ENGLISH_READERS:
            feelings += self._english(words, phrases.get("feeling", ()))
        else:
            feelings += self._emoji_only(words)
        for found in phrases.get(f"feeling {lang}", ()):
            before = words.words[max(0, found.first - 2) : found.first]
            turned = NEGATION if any(word in NEGATIONS for word in before) else 1.0
            feelings.append(
                Feeling(place=words.places[found.last], value=turned * float(found.name), words=found.words)
            )
        return tuple(sorted(feelings, key=_place))

    def _emoji_only(self, words: Words) -> Iterator[Feeling]:
        for place, token in enumerate(words.tokens):
            if token[0].isalnum():
                continue
            value = sum(word.valence or 0.0 for word in self._memory.get(token) or self._look_up(token))
            if value:
                yield Feeling(place=place, value=value, words=token)

    def _english(self, words: Words, phrases: Sequence[Found]) -> list[Feeling]:
        known: list[Word] = []
        places: list[int] = []
        for place, token in enumerate(words.tokens):
            for word in self._memory.get(token) or self._look_up(token):
                known.append(word)
                places.append(place)
        # A phrase stands for its words: they have no feeling of their own beside it.
        covered = {words.places[one] for found in phrases for one in range(found.first, found.last + 1)}
        feelings = [
            Feeling(place=places[at], value=value, words=words.tokens[places[at]])
            for at, value in valences(known).items()
            if value and places[at] not in covered
        ]
        feelings += (
            Feeling(
                place=words.places[found.last],
                value=self._phrases[found.name]
                * (NEGATION if found.first and words.words[found.first - 1] in NEGATIONS else 1.0),
                words=found.words,
            )
            for found in phrases
        )
        return feelings

    def _look_up(self, token: str) -> tuple[Word, ...]:
        """Return a token as words of the lexicon: an emoji is described in several, a mark is none."""
        if token in self._emoji:
            found = tuple(self._vader.words(self._emoji[token].split()))
        elif token[0].isalnum() or token[0] in "@h":
            found = tuple(self._vader.words([token.replace("’", "'")]))
        elif len(token) > 1 and token[0] not in "!?.":
            found = tuple(self._vader.words([token]))
        else:
            found = ()
        if len(token) <= 40:
            if len(self._memory) > 50_000:
                self._memory.clear()
            self._memory[token] = found or (PLAIN,) if token[0].isalnum() else found
        return found


def _place(feeling: Feeling) -> int:
    return feeling.place


def _clauses(words: Words) -> tuple[int, ...]:
    clauses = []
    clause = 0
    for shape in words.shapes:
        if shape in CONTRASTS:
            clause += 1
        clauses.append(clause)
        if shape in _ENDS or shape[0] in "!?":
            clause += 1
    return tuple(clauses)
