"""Sentiment towards a target by rules: what is said around it counts more than what is said elsewhere. Pure.

Feelings within the target's clauses count whole, those elsewhere for less; what is said of the target relative to
others ("moved from", "better than") is added. Without a target, what follows the last contrast counts for more, as
in VADER.
"""

from __future__ import annotations

from typing import Protocol

from listener.mentions.scene import CONTRASTS, Scene
from listener.mentions.vader import NEGATION, emphasis, squash
from listener.mentions.words import OTHER, TARGET
from listener.types import Label, Sentiment

#: The usual cuts of VADER's authors.
POSITIVE = 0.05
NEGATIVE = -0.05
#: What a feeling outside the target's clauses counts.
ELSEWHERE = 0.3
BEFORE_CONTRAST = 0.5
AFTER_CONTRAST = 1.5


class Scorer(Protocol):
    """Scores sentiment towards the target of a scene."""

    #: Name and version, stored with each mention, such as `vader-1`.
    version: str

    def score(self, scene: Scene) -> Sentiment:
        """Score a scene. A language that the scorer can't read gives a compound of None: unknown, not neutral."""
        ...


def label_of(compound: float) -> Label:
    """Return the label of a compound, with the cuts that VADER's authors recommend."""
    if compound >= POSITIVE:
        return "positive"
    return "negative" if compound <= NEGATIVE else "neutral"


def of_emoji(scene: Scene) -> Sentiment:
    """Score a text of names and emoji, which every language understands; unknown where there is a word or no emoji."""
    reasons = tuple((feeling.words, round(feeling.value, 2)) for feeling in scene.feelings)
    if not reasons or any(word[0] not in (TARGET, OTHER) for word in scene.words.words):
        return Sentiment(compound=None, label=None)
    compound = round(squash(sum(feeling.value for feeling in scene.feelings)), 4)
    return Sentiment(compound=compound, label=label_of(compound), reasons=reasons)


class VaderScorer:
    """Scores English by VADER's rules and a lexicon, in the scope of the target."""

    version = "vader-1"

    def score(self, scene: Scene) -> Sentiment:
        """Score a scene; see `Scorer`."""
        if scene.lang != "en":
            return Sentiment(compound=None, label=None)
        reasons = _weighed(scene)
        total = sum(value for _, value in reasons)
        if total:
            total += emphasis(scene.words.text) * (1 if total > 0 else -1)
        compound = round(squash(total), 4)
        return Sentiment(compound=compound, label=label_of(compound), reasons=tuple(reasons))


def _weighed(scene: Scene) -> list[tuple[str, float]]:
    """Return what each feeling and relation gives, by its place."""
    scope = scene.in_scope
    if scene.targets:
        weights = [1.0 if within else ELSEWHERE for within in scope]
    else:
        last = max((place for place, shape in enumerate(scene.words.shapes) if shape in CONTRASTS), default=-1)
        weights = [BEFORE_CONTRAST if place < last else AFTER_CONTRAST for place in range(len(scope))]
        if last < 0:
            weights = [1.0] * len(scope)
    reasons = [(feeling.words, round(feeling.value * weights[feeling.place], 2)) for feeling in scene.feelings]
    for found in scene.phrases.get("relation", ()):
        before = scene.words.words[found.first - 1] if found.first else ""
        value = float(found.name) * (NEGATION if before in ("not", "never", "don't", "wouldn't") else 1.0)
        reasons.append((found.words, round(value, 2)))
    return reasons
