"""The model: a linear scorer over what `listener.mentions.features` sees, in several languages. Pure.

Trained offline by benchmarks/train.py, which names its data; read from one small file. Weights are 8-bit integers by
hashed mark (CRC-32), for three labels, beside the mark's rarity. The weights of a word with all its parts are summed
once and remembered, so that a text costs a few look-ups a word.
"""

from __future__ import annotations

import json
import math
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from zlib import crc32

from listener.mentions.features import family_of, figures, marks, word_parts
from listener.mentions.scene import Scene
from listener.types import Label, Sentiment

MAGIC = b"LSTNMDL1"
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
#: The compound at which a label ends, as for VADER.
EDGE = 0.05
#: Words that are told as reasons.
REASONS = 8
MEMORY_WORDS = 50_000

#: Weights for the three labels, and the square of the mark's rarity.
Row: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What training learned."""

    #: ISO 639-1, that it was trained on.
    languages: tuple[str, ...]
    #: Rows of hashed marks: a power of two.
    rows: int
    #: Four bytes a row: three weights, signed, and rarity, unsigned.
    table: bytes
    #: What one step of a weight and of a rarity is.
    weight_step: float
    rarity_step: float
    #: By family of languages (see `family_of`), then by figure: three weights.
    figures: Mapping[str, tuple[tuple[float, float, float], ...]]
    #: By family of languages: three offsets.
    offsets: Mapping[str, tuple[float, float, float]]


def parse_weights(data: bytes) -> Weights:
    """Read the file that training writes. Raises ValueError for anything else."""
    if data[:8] != MAGIC:
        raise ValueError("not a model of this program")
    (size,) = struct.unpack_from("<I", data, 8)
    head = json.loads(data[12 : 12 + size])
    table = data[12 + size :]
    if len(table) != 4 * head["rows"] or head["rows"] & (head["rows"] - 1):
        raise ValueError("a model cut short")
    return Weights(
        languages=tuple(head["languages"]),
        rows=head["rows"],
        table=table,
        weight_step=head["weight_step"],
        rarity_step=head["rarity_step"],
        figures={family: tuple((a, b, c) for a, b, c in rows) for family, rows in head["figures"].items()},
        offsets={family: (a, b, c) for family, (a, b, c) in head["offsets"].items()},
    )


class Model:
    """Gives scenes the probabilities of the three labels."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._table = array("b", weights.table)
        self._mask = weights.rows - 1
        self._words: dict[str, dict[str, Row]] = {family: {} for family in weights.figures}

    def probabilities(self, scene: Scene) -> tuple[float, float, float]:
        """Return how likely negative, neutral and positive are; they sum to 1."""
        logits = self.logits(scene)
        top = max(logits)
        a, b, c = (math.exp(logit - top) for logit in logits)
        total = a + b + c
        return a / total, b / total, c / total

    def logits(self, scene: Scene) -> tuple[float, float, float]:
        """Return the scores of the three labels before they become probabilities."""
        family = family_of(scene.lang)
        inside, others = marks(scene)
        a = b = c = square = 0.0
        for one in self._rows(inside, family):
            a += one[0]
            b += one[1]
            c += one[2]
            square += one[3]
        table, mask = self._table, self._mask
        x = y = z = n = 0
        for mark in others:
            at = (crc32(mark.encode()) & mask) << 2
            rarity = table[at + 3]
            if rarity:
                x += table[at]
                y += table[at + 1]
                z += table[at + 2]
                n += rarity * rarity
        scale = self._weights.weight_step
        square += n * self._weights.rarity_step**2
        norm = 1.0 / math.sqrt(square) if square else 0.0
        a, b, c = (a + x * scale) * norm, (b + y * scale) * norm, (c + z * scale) * norm
        for figure, (one_a, one_b, one_c) in zip(figures(scene), self._weights.figures[family], strict=True):
            if figure:
                a += figure * one_a
                b += figure * one_b
                c += figure * one_c
        extra = self._weights.offsets[family]
        return a + extra[0], b + extra[1], c + extra[2]

    def reasons(self, scene: Scene) -> tuple[tuple[str, float], ...]:
        """Return the words that speak most for positive or negative, with what each gives, and what is said relatively.

        A word gives its own weights and those of its parts; what feelings of the lexicon give by where they stand is
        told at their words, on VADER's scale.
        """
        given: dict[str, float] = {}
        shapes = scene.words.shapes
        rows = self._rows(shapes, family_of(scene.lang))
        norm = 1.0 / math.sqrt(max(sum(row[3] for row in rows), 1e-9))
        for token, row, within in zip(scene.words.tokens, rows, scene.in_scope, strict=True):
            if within and token[0].isalnum():
                given[token] = given.get(token, 0.0) + (row[2] - row[0]) * norm
        for feeling in scene.feelings:
            given[feeling.words] = given.get(feeling.words, 0.0) + feeling.value / 4
        for found in scene.phrases.get("relation", ()):
            given[found.words] = given.get(found.words, 0.0) + float(found.name)
        ranked = sorted(given.items(), key=lambda pair: -abs(pair[1]))[:REASONS]
        return tuple((words, round(value, 2)) for words, value in ranked if round(value, 2))

    def _rows(self, shapes: Sequence[str], family: str) -> list[Row]:
        words = self._words[family]
        return [words.get(shape) or self._word(shape, family) for shape in shapes]

    def _word(self, shape: str, family: str) -> Row:
        table, mask = self._table, self._mask
        step = self._weights.rarity_step**2
        x = y = z = n = 0
        for mark in word_parts(shape, family):
            at = (crc32(mark.encode()) & mask) << 2
            rarity = table[at + 3]
            x += table[at]
            y += table[at + 1]
            z += table[at + 2]
            n += rarity * rarity
        scale = self._weights.weight_step
        row = (x * scale, y * scale, z * scale, n * step)
        words = self._words[family]
        if len(words) >= MEMORY_WORDS:
            words.clear()
        words[shape] = row
        return row


def compound_of_probabilities(probabilities: Sequence[float]) -> tuple[float, Label]:
    """Return a compound, -1 to 1, and its label, which agree: a neutral text lies within `EDGE` of zero."""
    negative, neutral, positive = probabilities
    lean = positive - negative
    top = max(probabilities)
    if neutral == top:
        return round(lean * EDGE * 0.99, 4), "neutral"
    if lean > 0:
        return round(max(lean, EDGE), 4), "positive"
    return round(min(lean, -EDGE), 4), "negative"


class ModelScorer:
    """Scores the languages that the model was trained on."""

    version = "model-1"

    def __init__(self, weights: Weights) -> None:
        self._model = Model(weights)
        self._languages = frozenset(weights.languages)

    def score(self, scene: Scene) -> Sentiment:
        """Score a scene towards its target."""
        if scene.lang not in self._languages:
            return Sentiment(compound=None, label=None)
        compound, label = compound_of_probabilities(self._model.probabilities(scene))
        return Sentiment(compound=compound, label=label, reasons=self._model.reasons(scene))
