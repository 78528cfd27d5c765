"""VADER, ported: the rules of vaderSentiment 3.3.2 with the same compound, in linear time.

C.J. Hutto and E.E. Gilbert: VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text,
ICWSM-14. The library lower-cases every word of the text anew for each sentiment word that it meets, which is
quadratic, and looks each word up about twenty times; here a word is looked up once and remembered. Constants, word
lists and quirks (the `but` rule finds a sentiment by its value, not by its place) are the library's, so that the
figures are, too.

The lexicon is a value: read from the library's data files, or that plus words of a domain. Pure.
"""

from __future__ import annotations

import heapq
import math
import string
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from listener.mentions.memory import Memory

#: Empirical means of the paper, section 3.2: a degree adverb, capitals, a negation.
BOOST = 0.293
CAPITALS = 0.733
NEGATION = -0.74
#: Approximates the largest sum to be expected; makes the compound of a sum.
ALPHA = 15

NEGATIONS = frozenset(
    """aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't doesn't dont
    hadnt hasnt havent isnt mightnt mustnt neither don't hadn't hasn't haven't isn't mightn't mustn't neednt needn't
    never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent oughtn't shan't shouldn't uh-uh
    wasn't weren't without wont wouldnt won't wouldn't rarely seldom despite""".split()
)
_RAISE = """absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous
enormously
    entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin frackin fracking
    fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely incredible
    incredibly intensely major majorly more most particularly purely quite really remarkably so substantially
    thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very""".split()
_LOWER = """almost barely hardly kinda kindof kind-of less little marginal marginally occasional occasionally partly
scarce
    scarcely slight slightly somewhat sorta sortof sort-of""".split()
BOOSTERS: Mapping[str, float] = dict.fromkeys(_RAISE, BOOST) | dict.fromkeys(_LOWER, -BOOST)
#: Of two words; the library also lists "just enough", and finds them by the words before a sentiment word.
BOOSTER_PAIRS: Mapping[str, float] = {"just enough": -BOOST, "kind of": -BOOST, "sort of": -BOOST}
SPECIAL_CASES: Mapping[str, float] = {
    "the shit": 3, "the bomb": 3, "bad ass": 1.5, "badass": 1.5, "bus stop": 0.0, "yeah right": -2,
    "kiss of death": -1.5, "to die for": 3, "beating heart": 3.5,
}  # fmt: skip
_IN_SPECIAL_CASES = frozenset(word for phrase in (*SPECIAL_CASES, *BOOSTER_PAIRS) for word in phrase.split())
#: Each phrase above holds one of these: they, and what boosts or negates, are all that can change a word after them.
_ACTING = frozenset("no least this doubt shit bomb ass badass bus yeah kiss die beating enough kind sort".split())
_IN_RULES = _IN_SPECIAL_CASES | _ACTING | {"or", "nor", "at", "very", "so"}


class Word(NamedTuple):
    """What the rules ask about one word. Words that no rule asks about are one of two constants."""

    lower: str
    capitals: bool
    #: Of the lexicon; None for a word that is not in it.
    valence: float | None
    #: Of a degree adverb; 0.0 for none.
    boost: float
    negates: bool
    #: It can change the valence of one of the three words after it.
    acts: bool
    #: No rule names it: its valence holds where nothing that acts stands before it.
    is_simple: bool


PLAIN = Word(lower="", capitals=False, valence=None, boost=0.0, negates=False, acts=False, is_simple=True)
PLAIN_CAPITALS = PLAIN._replace(capitals=True)


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """Words with their mean valence (-4 to 4), and emoji with their description in words."""

    words: Mapping[str, float]
    emoji: Mapping[str, str] = msgspec.field(default_factory=dict)


def parse_lexicon(words: str, emoji: str) -> Lexicon:
    """Parse the texts of the library's two data files: tab-separated, word and mean, emoji and description."""
    rows = (line.strip().split("\t") for line in words.split("\n") if line.strip())
    pairs = (line.strip().split("\t") for line in emoji.split("\n") if line.strip())
    return Lexicon(words={row[0]: float(row[1]) for row in rows}, emoji={pair[0]: pair[1] for pair in pairs})


def _look_up(token: str, lexicon: Mapping[str, float]) -> Word:
    stripped = token.strip(string.punctuation)
    # Two characters or fewer are probably an emoticon, which stays whole.
    if len(stripped) <= 2:
        stripped = token
    lower = stripped.lower()
    capitals = stripped.isupper()
    valence = lexicon.get(lower)
    boost = BOOSTERS.get(lower, 0.0)
    negates = lower in NEGATIONS or "n't" in lower
    acts = bool(boost) or negates or lower in _ACTING
    if valence is None and not acts and lower != "but" and lower not in _IN_RULES:
        return PLAIN_CAPITALS if capitals else PLAIN
    return Word(
        lower=lower,
        capitals=capitals,
        valence=valence,
        boost=boost,
        negates=negates,
        acts=acts,
        is_simple=not boost and lower not in _IN_RULES,
    )


class Vader:
    """Gives words their valence by VADER's rules, and texts their compound."""

    def __init__(self, lexicon: Lexicon) -> None:
        # The library looks at single characters only, so emoji of several never match.
        self._emoji = {emoji: text for emoji, text in lexicon.emoji.items() if len(emoji) == 1}
        self._any_emoji = frozenset(self._emoji)
        #: Looks a token up without remembering it.
        self.word = partial(_look_up, lexicon=lexicon.words)
        self._memory = Memory(self.word)

    def compound(self, text: str) -> float:
        """Return the compound of a text, -1 to 1, rounded to 4 decimals as the library does."""
        if not text.isascii():
            text = self.describe_emoji(text)
        words = self.words(text.split())
        found = valences(words)
        if not found:
            return 0.0
        values = but_rule(words, found) if "but" in text.lower() else found.values()
        return round(compound_of(values, text), 4)

    def describe_emoji(self, text: str) -> str:
        """Replace emoji by their descriptions, set apart by a space as the library does."""
        if self._any_emoji.isdisjoint(text):
            return text
        described = []
        before = " "
        for character in text:
            description = self._emoji.get(character)
            if description is None:
                described.append(character)
                before = character
            else:
                described.append(description if before == " " else " " + description)
                # The library takes an emoji for no space, so the next one is set apart and a word is not.
                before = ""
        return "".join(described)

    def words(self, tokens: Sequence[str]) -> list[Word]:
        """Look up tokens as split at white space."""
        return list(map(self._memory.__getitem__, tokens))


def valences(words: Sequence[Word]) -> dict[int, float]:
    """Return the valence of each sentiment word by its place, before the `but` rule."""
    found: dict[int, float] = {}
    acting = -4
    shouting: bool | None = None
    for place, word in enumerate(words):
        if word is PLAIN:
            continue
        base = word.valence
        if base is not None:
            if word.is_simple and place - acting > 3 and not word.capitals:
                # Nothing near changes it: most sentiment words, so this way is worth having.
                found[place] = base
            elif not word.boost and not _kind_of(words, place):
                if shouting is None:
                    shouting = 0 < sum([other.capitals for other in words]) < len(words)
                found[place] = _valence(words, place, base, shouting)
        if word.acts:
            acting = place
    return found


def _kind_of(words: Sequence[Word], place: int) -> bool:
    return words[place].lower == "kind" and place < len(words) - 1 and words[place + 1].lower == "of"


def _valence(words: Sequence[Word], place: int, base: float, shouting: bool) -> float:
    """Apply to one sentiment word what stands around it: "no", capitals, boosters, negations, idioms, "least"."""
    word = words[place]
    valence = base
    if word.lower == "no" and place < len(words) - 1 and words[place + 1].valence is not None:
        valence = 0.0
    if _after_no(words, place):
        valence = base * NEGATION
    if word.capitals and shouting:
        valence += CAPITALS if valence > 0 else -CAPITALS
    for back in range(min(3, place)):
        before = words[place - back - 1]
        if before.valence is not None:
            continue
        if before.boost:
            valence += _boost(before, valence, shouting) * (1.0, 0.95, 0.9)[back]
        valence = _negate(words, place, back, valence)
        if back == 2:
            valence = _idioms(words, place, valence)
    return _least(words, place, valence)


def _after_no(words: Sequence[Word], place: int) -> bool:
    if place and words[place - 1].lower == "no":
        return True
    if place > 1 and words[place - 2].lower == "no":
        return True
    return place > 2 and words[place - 3].lower == "no" and words[place - 1].lower in ("or", "nor")


def _boost(word: Word, valence: float, shouting: bool) -> float:
    boost = -word.boost if valence < 0 else word.boost
    if word.capitals and shouting:
        boost += CAPITALS if valence > 0 else -CAPITALS
    return boost


def _negate(words: Sequence[Word], place: int, back: int, valence: float) -> float:
    before = words[place - back - 1]
    one = words[place - 1].lower
    if back == 1:
        if before.lower == "never" and one in ("so", "this"):
            return valence * 1.25
        if before.lower == "without" and one == "doubt":
            return valence
    elif back == 2:
        two = words[place - 2].lower
        # Precedence as in the library: "so" or "this" right before strengthens even without "never".
        if (before.lower == "never" and two in ("so", "this")) or one in ("so", "this"):
            return valence * 1.25
        if before.lower == "without" and "doubt" in (one, two):
            return valence
    return valence * NEGATION if before.negates else valence


def _idioms(words: Sequence[Word], place: int, valence: float) -> float:
    """Let phrases around a word decide: `place` is 3 at least."""
    three, two, one, zero = (words[place - back].lower for back in (3, 2, 1, 0))
    known = _IN_SPECIAL_CASES
    if one in known or two in known:
        for phrase in (
            f"{one} {zero}",
            f"{two} {one} {zero}",
            f"{two} {one}",
            f"{three} {two} {one}",
            f"{three} {two}",
        ):
            if phrase in SPECIAL_CASES:
                valence = SPECIAL_CASES[phrase]
                break
    if zero in known and place < len(words) - 1:
        after = words[place + 1].lower
        valence = SPECIAL_CASES.get(f"{zero} {after}", valence)
        if place < len(words) - 2:
            valence = SPECIAL_CASES.get(f"{zero} {after} {words[place + 2].lower}", valence)
    if two in known:
        valence += BOOSTER_PAIRS.get(f"{three} {two}", 0.0) + BOOSTER_PAIRS.get(f"{two} {one}", 0.0)
    return valence


def _least(words: Sequence[Word], place: int, valence: float) -> float:
    if place == 0 or words[place - 1].lower != "least" or words[place - 1].valence is not None:
        return valence
    if place > 1 and words[place - 2].lower in ("at", "very"):
        return valence
    return valence * NEGATION


def but_rule(words: Sequence[Word], valences: Mapping[int, float]) -> list[float]:
    """Halve what stands before the first "but" and raise by half what follows; return the valences in their order.

    The library changes, for each sentiment in turn, the first place that holds an equal value; so does this, with a
    heap of places for each value in place of a search from the start.
    """
    but = next((place for place, word in enumerate(words) if word.lower == "but"), None) if valences else None
    if but is None:
        return list(valences.values())
    values = {place: value for place, value in valences.items() if value}
    places: dict[float, list[int]] = {}
    for place, value in values.items():
        places.setdefault(value, []).append(place)
    for place in list(values):
        heap = places[values[place]]
        # A place whose value has changed since is passed over.
        while values[heap[0]] != values[place]:
            heapq.heappop(heap)
        first = heap[0]
        if first == but:
            continue
        changed = values[first] * (0.5 if first < but else 1.5)
        heapq.heappop(heap)
        values[first] = changed
        heapq.heappush(places.setdefault(changed, []), first)
    return list(values.values())


def emphasis(text: str) -> float:
    """Return what exclamation and question marks add to the size of a sum."""
    questions = text.count("?")
    added = min(text.count("!"), 4) * 0.292
    if questions > 1:
        added += questions * 0.18 if questions <= 3 else 0.96
    return added


def compound_of(valences: Iterable[float], text: str) -> float:
    """Sum valences, add the emphasis of the text's punctuation, and bring the sum to -1 to 1."""
    total = float(sum(valences))
    if total:
        total += math.copysign(emphasis(text), total)
    return squash(total)


def squash(total: float) -> float:
    """Bring a sum of valences to -1 to 1 as the paper's normalisation does."""
    return max(-1.0, min(1.0, total / math.sqrt(total * total + ALPHA)))
