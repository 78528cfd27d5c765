"""Sentiment towards a target: what is said around it counts more than what is said elsewhere. Pure.

A text is cut into clauses, at ends of sentences and at words of contrast. The clauses that hold the target decide;
those that don't, count for less. Names of brands are masked by the caller, so that no name has a feeling of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from listener.mentions.vader import Lexicon, Vader, compound_of, squash, valences
from listener.types import Label, Sentiment, Span

#: The usual cuts of VADER's authors.
POSITIVE = 0.05
NEGATIVE = -0.05
#: What a clause without the target counts.
ELSEWHERE = 0.4
#: Languages that the lexicon is made of.
ENGLISH = frozenset({"en"})
#: Read of a text, in characters: what stands after it is not scored.
TEXT_LIMIT = 4_000

_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "\ufe0e": " ", "\ufe0f": " "})
_CUT = re.compile(
    r"(?<=[.!?…])[\s\"')]+|\n+|[;]|,?\s+(?=(?:but|however|although|though|whereas|while|yet|except)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part of a text, with the characters it spans and whether the target stands in it."""

    start: int
    end: int
    holds_target: bool


def straighten(text: str) -> str:
    """Replace what the lexicon doesn't know by what it knows, keeping offsets: curly marks, variation selectors."""
    return text if text.isascii() else text.translate(_STRAIGHT)


def clauses_of(text: str, targets: Sequence[Span]) -> list[Clause]:
    """Cut a text into clauses."""
    cuts = [0, *(found.end() for found in _CUT.finditer(text)), len(text)]
    return [
        Clause(start=start, end=end, holds_target=any(start <= one[0] < end for one in targets))
        for start, end in pairwise(cuts)
        if start < end
    ]


def label_of(compound: float) -> Label:
    """Return the label of a compound, with the cuts that VADER's authors recommend."""
    if compound >= POSITIVE:
        return "positive"
    return "negative" if compound <= NEGATIVE else "neutral"


class VaderScorer:
    """Scores English by VADER's rules and a lexicon, in the scope of the target."""

    version = "vader-1"

    def __init__(self, lexicon: Lexicon) -> None:
        self._vader = Vader(lexicon)

    def score(self, text: str, targets: Sequence[Span], lang: str | None) -> Sentiment:
        """Score a masked text towards its targets; see `listener.types.Scorer`. Unknown languages are not scored."""
        if lang not in ENGLISH:
            return Sentiment(compound=None, label=None)
        text = straighten(text[:TEXT_LIMIT])
        total = 0.0
        reasons: list[tuple[str, float]] = []
        parts = clauses_of(text, targets)
        scoped = any(part.holds_target for part in parts)
        for part in parts:
            weight = ELSEWHERE if scoped and not part.holds_target else 1.0
            piece = self._vader.describe_emoji(text[part.start : part.end])
            tokens = piece.split()
            found = valences(self._vader.words(tokens))
            gained = weight * _unsquash(compound_of(list(found.values()), piece))
            total += gained
            reasons += [(tokens[place], round(weight * value, 2)) for place, value in found.items() if value]
        compound = round(squash(total), 4)
        return Sentiment(compound=compound, label=label_of(compound), reasons=tuple(reasons))


def _unsquash(compound: float) -> float:
    """Undo the normalisation, so that clauses can be added."""
    return float(compound * (15 / (1 - min(compound * compound, 0.999999))) ** 0.5)
