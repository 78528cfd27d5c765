"""What the model sees of a scene: figures that were thought of, and marks that are counted. Pure.

Training and reading share this file, so that they can't differ. A mark is a string whose hash picks a row of weights;
reading hashes its parts one after the other and never makes the string:

- words within the target's clauses, with their parts (`word_parts`: all runs of 2 to 5 characters), whatever their
  place;
- words outside these clauses, pairs of words, words after a negation, and words near the target by side and distance.

The figures are sums of feelings by where they stand; for languages without a lexicon they are zero. English was learned
from posts, reviews and articles; other languages from posts alone, so what grows with a text's length is brought to
that of a post there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import compress

import msgspec

from listener.mentions.scene import CONTRASTS, NEGATIONS, Feeling, Scene
from listener.mentions.vader import squash
from listener.mentions.words import HANDLE, LINK

#: How far from the target a word is still near it.
NEAR = 5
#: Tokens of a post, as the sets in languages other than English hold: most have fewer. Those who learned from them take
#: more words of feeling, or more words, for more feeling.
POST_TOKENS = 25
#: After a negation, this many words are negated, up to the end of the clause.
NEGATED_WORDS = 4
LONGEST_WORD = 25

#: Lists of the phrase book whose number of phrases is a figure.
COUNTED = ("complaint", "praise", "question", "request", "churn")
FIGURES = 21 + len(COUNTED)
#: Where those figures stand whose weights training data of other domains can't tell. The length is what a text in a
#: language other than English is longer than a post, up to twice as long.
TARGETED = 15
LENGTH = 16
NO_FEELING = 17
RELATION = 19
ADDRESSED = 20
COMPLAINTS = 21


def family_of(lang: str | None) -> str:
    """Return what the marks of a language begin with, so that each has weights of its own; English begins with nothing.

    Weights that seven languages shared, and shared ones beside those of each, were measured to tell less.
    """
    return "" if lang is None or lang == "en" else f"{lang} "


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The marks of a scene: `spelled` puts them into words."""

    #: Shapes that count with their parts.
    inside: Sequence[str]
    #: By sign, what it stands with: shapes, or pairs of them with a space between.
    signed: Mapping[str, Sequence[str]]


def word_parts(shape: str) -> list[tuple[str, str]]:
    """Return the marks of a word by itself: itself, and its runs of characters with its edges (see `runs_of`)."""
    edged = f"<{shape}>"
    return [("w", shape), *(("c", edged[run]) for run in runs_of(shape))]


def runs_of(shape: str) -> Sequence[slice]:
    """Return where the runs of 2 to 5 characters stand in `<shape>`, if it is a word and not too long."""
    return _runs(len(shape) + 2) if shape[0].isalpha() and len(shape) <= LONGEST_WORD else ()


@cache
def _runs(length: int) -> tuple[slice, ...]:
    return tuple(slice(at, at + size) for size in (2, 3, 4, 5) for at in range(length - size + 1))


def spelled(marks: Marks, family: str) -> list[str]:
    """Return all marks as strings, whose hashes pick the rows of weights."""
    signed = [(sign, shape) for sign, shapes in marks.signed.items() for shape in shapes]
    parts = [part for shape in marks.inside for part in word_parts(shape)]
    return [f"{family}{sign} {shape}" for sign, shape in (*signed, *parts)]


def marks(scene: Scene) -> Marks:
    """Return the marks of a scene."""
    shapes = scene.words.shapes
    scope = scene.in_scope
    pairs = list(map(" ".join, zip(("^", *shapes), (*shapes, "$"), strict=True)))
    if 0 not in scope:
        return Marks(inside=shapes, signed={"b": pairs, **_negated(shapes, scope), **_near(scene)})
    outside = scope.translate(_INVERTED)
    signed: dict[str, Sequence[str]] = {
        "o": list(compress(shapes, outside)),
        "b": [*compress(pairs, scope), pairs[-1]],
        "o b": list(compress(pairs, outside)),
        **_negated(shapes, scope),
        **_near(scene),
    }
    return Marks(inside=list(compress(shapes, scope)), signed=signed)


#: Makes what tells of the outside of a scope out of one.
_INVERTED = bytes((1, 0, *range(2, 256)))


def _negated(shapes: Sequence[str], scope: bytes) -> dict[str, list[str]]:
    if NEGATIONS.isdisjoint(shapes):
        return {}
    inside: list[str] = []
    outside: list[str] = []
    negated = 0
    for shape, within in zip(shapes, scope, strict=True):
        if negated and shape[0].isalpha():
            (inside if within else outside).append(shape)
        if shape in NEGATIONS:
            negated = NEGATED_WORDS
        elif shape in CONTRASTS or shape[0] in ".,;!?…":
            negated = 0
        elif negated:
            negated -= 1
    return {"n": inside, "o n": outside}


def _near(scene: Scene) -> dict[str, list[str]]:
    """Return the words beside the target by side and distance."""
    shapes, scope = scene.words.shapes, scene.in_scope
    left: list[str] = []
    right: list[str] = []
    close: dict[str, list[str]] = {sign: [] for sign in _CLOSE}
    for start, target, end in scene.around(NEAR):
        left += compress(shapes[start:target], scope[start:target])
        right += compress(shapes[target + 1 : end], scope[target + 1 : end])
        for sign, distance in _CLOSE.items():
            place = target + distance
            if start <= place < end and scope[place]:
                close[sign].append(shapes[place])
    return {"L": left, "R": right, "W": left + right, **close}


#: Signs of words that stand so near the target that their distance counts.
_CLOSE = {f"D{distance}": distance for distance in (-2, -1, 1, 2)}


def figures(scene: Scene) -> list[float]:
    """Return `FIGURES` figures, each about -1 to 1."""
    shapes = scene.words.shapes
    text = scene.words.text
    english = scene.lang is None or scene.lang == "en"
    # What is felt in a long text is brought to what a post of usual length would hold of it.
    share = 1.0 if english else min(1.0, POST_TOKENS / max(len(shapes), 1))
    values = [feeling.value for feeling in scene.feelings]
    good = share * sum([value for value in values if value > 0])
    bad = share * sum([value for value in values if value < 0])
    after = share * sum([feeling.value for feeling in scene.feelings if feeling.place > scene.contrast])
    shouts = min(sum([shape[0] == "!" for shape in shapes]), 3) / 3 if "!" in text else 0.0
    asks = min(sum(["?" in shape for shape in shapes]), 3) / 3 if "?" in text else 0.0
    return [
        squash((good + bad) * (1 + shouts / 4)),
        squash(good),
        squash(bad),
        squash(after),
        squash(good + bad - after),
        *_around(scene, good + bad),
        shouts * share,
        asks * share,
        float(LINK in shapes),
        float(bool(shapes) and shapes[0] == HANDLE),
        float(bool(scene.targets)),
        min(len(shapes), 60) / 60 if english else min(max(len(shapes) / POST_TOKENS - 1.0, 0.0), 1.0),
        float(not values),
        float(good > 0 > bad) * share,
        squash(2 * _relation(scene)),
        float(scene.addressed),
        *(min(len(scene.phrases.get(group, ())), 3) / 3 for group in COUNTED),
    ]


def _around(scene: Scene, total: float) -> list[float]:
    """Return feelings by where they stand: in the scope, by distance, left, right, nearest, outside."""
    scope = scene.in_scope
    if not scene.targets:
        return [squash(total), squash(2 * total / 3), 0.0, 0.0, 0.0, 0.0]
    inside = left = right = weighed = outside = 0.0
    nearest: Feeling | None = None
    least = 0
    for feeling in scene.feelings:
        distance = scene.distance(feeling.place)
        weighed += feeling.value / (1 + abs(distance))
        if scope[feeling.place]:
            inside += feeling.value
        else:
            outside += feeling.value
        if -NEAR <= distance < 0:
            left += feeling.value
        elif 0 < distance <= NEAR:
            right += feeling.value
        if nearest is None or abs(distance) < least:
            nearest, least = feeling, abs(distance)
    near = nearest.value / 4 if nearest else 0.0
    return [squash(inside), squash(2 * weighed), squash(left), squash(right), near, squash(outside)]


def _relation(scene: Scene) -> float:
    """Sum what is said of the target relative to others: better than, moved from."""
    relations: Sequence[float] = [float(found.name) for found in scene.phrases.get("relation", ())]
    return sum(relations)
