"""What the model sees of a scene: figures that were thought of, and marks that are counted. Pure.

Training and reading share this file, so that they can't differ. A mark is a string whose hash picks a row of weights:

- words within the target's clauses, with their parts (`word_parts`: all runs of 2 to 5 characters), whatever their
  place;
- words outside these clauses, pairs of words, words after a negation, and words near the target by side and distance.

The figures are sums of feelings by where they stand; for languages without a lexicon they are zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listener.mentions.scene import CONTRASTS, NEGATIONS, Feeling, Scene
from listener.mentions.vader import squash
from listener.mentions.words import HANDLE, LINK

#: How far from the target a word is still near it.
NEAR = 5
#: After a negation, this many words are negated, up to the end of the clause.
NEGATED_WORDS = 4
LONGEST_WORD = 25

#: Lists of the phrase book whose number of phrases is a figure.
COUNTED = ("complaint", "praise", "question", "request", "churn")
FIGURES = 21 + len(COUNTED)
#: Where three of the figures stand, whose weights training data of other domains can't tell.
RELATION = 19
ADDRESSED = 20
COMPLAINTS = 21


def family_of(lang: str | None) -> str:
    """Return what the marks of a language begin with: English has weights of its own, all others share theirs."""
    return "" if lang == "en" else "~"


def word_parts(shape: str, family: str) -> Iterator[str]:
    """Yield the marks of a word by itself: itself, and its runs of characters with its edges."""
    yield f"{family}w {shape}"
    if shape[0].isalpha() and len(shape) <= LONGEST_WORD:
        edged = f"<{shape}>"
        for size in (2, 3, 4, 5):
            for at in range(len(edged) - size + 1):
                yield f"{family}c {edged[at : at + size]}"


def marks(scene: Scene) -> tuple[list[str], list[str]]:
    """Return the shapes within the scope, and all other marks."""
    shapes = scene.words.shapes
    scope = scene.in_scope
    inside = [shape for shape, within in zip(shapes, scope, strict=True) if within]
    family = family_of(scene.lang)
    others: list[str] = []
    before = "^"
    negated = 0
    for shape, within in zip(shapes, scope, strict=True):
        if within:
            others.append(f"{family}b {before} {shape}")
        else:
            others += (f"{family}o {shape}", f"{family}o b {before} {shape}")
        if negated and shape[0].isalpha():
            others.append(f"{family}n {shape}" if within else f"{family}o n {shape}")
        if shape in NEGATIONS:
            negated = NEGATED_WORDS
        elif shape in CONTRASTS or shape[0] in ".,;!?…":
            negated = 0
        elif negated:
            negated -= 1
        before = shape
    others.append(f"{family}b {before} $")
    for place, distance in enumerate(scene.distances):
        if scope[place] and distance and -NEAR <= distance <= NEAR:
            shape = shapes[place]
            others += (f"{family}L {shape}" if distance < 0 else f"{family}R {shape}", f"{family}W {shape}")
            if -2 <= distance <= 2:
                others.append(f"{family}D{distance} {shape}")
    return inside, others


def figures(scene: Scene) -> list[float]:
    """Return `FIGURES` figures, each about -1 to 1."""
    shapes = scene.words.shapes
    values = [feeling.value for feeling in scene.feelings]
    good = sum(value for value in values if value > 0)
    bad = sum(value for value in values if value < 0)
    contrast = max((place for place, shape in enumerate(shapes) if shape in CONTRASTS), default=-1)
    after = sum(feeling.value for feeling in scene.feelings if feeling.place > contrast)
    shouts = min(sum(shape[0] == "!" for shape in shapes), 3) / 3
    asks = min(sum("?" in shape for shape in shapes), 3) / 3
    return [
        squash((good + bad) * (1 + shouts / 4)),
        squash(good),
        squash(bad),
        squash(after),
        squash(good + bad - after),
        *_around(scene, good + bad),
        shouts,
        asks,
        float(LINK in shapes),
        float(bool(shapes) and shapes[0] == HANDLE),
        float(bool(scene.targets)),
        min(len(shapes), 60) / 60,
        float(not values),
        float(good > 0 > bad),
        squash(2 * _relation(scene)),
        float(scene.addressed),
        *(min(len(scene.phrases.get(group, ())), 3) / 3 for group in COUNTED),
    ]


def _around(scene: Scene, total: float) -> list[float]:
    """Return feelings by where they stand: in the scope, by distance, left, right, nearest, outside."""
    distances, scope = scene.distances, scene.in_scope
    if not distances:
        return [squash(total), squash(2 * total / 3), 0.0, 0.0, 0.0, 0.0]
    inside = left = right = weighed = outside = 0.0
    nearest: Feeling | None = None
    for feeling in scene.feelings:
        distance = distances[feeling.place]
        weighed += feeling.value / (1 + abs(distance))
        if scope[feeling.place]:
            inside += feeling.value
        else:
            outside += feeling.value
        if -NEAR <= distance < 0:
            left += feeling.value
        elif 0 < distance <= NEAR:
            right += feeling.value
        if nearest is None or abs(distance) < abs(distances[nearest.place]):
            nearest = feeling
    near = nearest.value / 4 if nearest else 0.0
    return [squash(inside), squash(2 * weighed), squash(left), squash(right), near, squash(outside)]


def _relation(scene: Scene) -> float:
    """Sum what is said of the target relative to others: better than, moved from."""
    relations: Sequence[float] = [float(found.name) for found in scene.phrases.get("relation", ())]
    return sum(relations)
