"""The model: a linear scorer over what `listener.mentions.features` sees, in several languages. Pure.

Trained offline by benchmarks/train.py, which names its data; read from one small file. Weights are 8-bit integers by
hashed mark (CRC-32), for three labels, beside the mark's rarity. A row knows its mark by bits of the hash that don't
place it, so that a mark that training never saw is nearly always known to be new, and doesn't get another's weights; it
counts as a rare mark without weights. The weights of a word with all its parts are summed once and remembered, so that
a text costs a few look-ups a word. Sums are of integers: exact, in whatever order.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from operator import mul
from zlib import crc32

import msgspec

from listener.mentions.features import Marks, family_of, figures, marks, runs_of
from listener.mentions.memory import Memory
from listener.mentions.scene import Scene
from listener.mentions.vader import squash
from listener.types import Label, Sentiment

MAGIC = b"LSTNMDL4"
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
#: The compound at which a label ends, as for VADER.
EDGE = 0.05
#: Neutral texts keep within.
INSIDE = 0.0495
#: How much of a compound's strength words of feeling give.
FEELING_SHARE = 0.4
#: How far up in a hash its check is, and how far up a check is where it tells the other row.
CHECK_SHIFT = 24
OTHER_SHIFT = 12
LEAST_ROWS = 1 << 20
#: Words that are told as reasons.
REASONS = 8


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """What training learned."""

    #: ISO 639-1, that it was trained on.
    languages: tuple[str, ...]
    #: Rows of hashed marks: a power of two, `LEAST_ROWS` or more. A mark is in the row that the lowest bits of its hash
    #: number, or in the one that `other_row` tells.
    rows: int
    #: Four bytes a row: three weights, signed, and rarity, unsigned. All are 0 in a row that no mark has.
    table: bytes
    #: The upper eight bits of the hash of each row's mark.
    checks: bytes
    #: What one step of a weight is, by family of languages (see `family_of`), and one of a rarity.
    weight_steps: Mapping[str, float]
    rarity_step: float
    #: By family of languages: the rarity of marks that training didn't see, in steps.
    unseen: Mapping[str, int]
    #: By family of languages, then by figure: three weights.
    figures: Mapping[str, tuple[tuple[float, float, float], ...]]
    #: By family of languages: three offsets.
    offsets: Mapping[str, tuple[float, float, float]]


def parse_weights(data: bytes) -> Weights:
    """Read the file that training writes. Raises ValueError for anything else."""
    if data[:8] != MAGIC:
        raise ValueError("not a model of this program")
    (size,) = struct.unpack_from("<I", data, 8)
    try:
        head = json.loads(data[12 : 12 + size])
    except ValueError as error:
        raise ValueError("a model whose head can't be read") from error
    rows = head["rows"]
    unpacker = zlib.decompressobj()
    try:
        table = unpacker.decompress(data[12 + size :], 4 * rows)
        checks = unpacker.decompress(unpacker.unconsumed_tail, rows + 1)
    except zlib.error as error:
        raise ValueError("a model that can't be unpacked") from error
    if (len(table), len(checks)) != (4 * rows, rows) or rows & (rows - 1) or rows < LEAST_ROWS:
        raise ValueError("a model cut short")
    return Weights(
        languages=tuple(head["languages"]),
        rows=rows,
        table=table,
        checks=checks,
        weight_steps=head["weight_steps"],
        rarity_step=head["rarity_step"],
        unseen=head["unseen"],
        figures={family: tuple((a, b, c) for a, b, c in rows) for family, rows in head["figures"].items()},
        offsets={family: (a, b, c) for family, (a, b, c) in head["offsets"].items()},
    )


def other_row(row: int, check: int) -> int:
    """Return the other row of two that a mark of this check may be in: each is the other's other."""
    return row ^ (check << OTHER_SHIFT | 1)


class Model:
    """Gives scenes the probabilities of the three labels."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._families = {family: _Family(weights, family) for family in weights.figures}

    def probabilities(self, scene: Scene) -> tuple[float, float, float]:
        """Return how likely negative, neutral and positive are; they sum to 1."""
        return probabilities_of(self.logits(scene))

    def logits(self, scene: Scene) -> tuple[float, float, float]:
        """Return the scores of the three labels before they become probabilities."""
        family = family_of(scene.lang)
        x, y, z, squares = self._families[family].sums(marks(scene))
        scale = (
            self._weights.weight_steps[family] / (self._weights.rarity_step * math.sqrt(squares)) if squares else 0.0
        )
        a, b, c = x * scale, y * scale, z * scale
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
        family = family_of(scene.lang)
        known = self._families[family].words
        tokens: Sequence[str] = scene.words.tokens
        shapes: Sequence[str] = scene.words.shapes
        squares = _squares_in(sum(map(known.__getitem__, shapes)))
        norm = self._weights.weight_steps[family] / max(self._weights.rarity_step * math.sqrt(squares), 1e-9)
        if 0 in scene.in_scope:
            tokens = list(compress(tokens, scene.in_scope))
            shapes = list(compress(shapes, scene.in_scope))
        shape_of = dict(zip(tokens, shapes, strict=True))
        given = {token: _lean_in(known[shape]) * norm for token, shape in shape_of.items() if token[0].isalnum()}
        if len(shape_of) < len(tokens):
            for token, times in Counter(tokens).items():
                if times > 1 and token in given:
                    given[token] *= times
        for feeling in scene.feelings:
            given[feeling.words] = given.get(feeling.words, 0.0) + feeling.value / 4
        for found in scene.phrases.get("relation", ()):
            given[found.words] = given.get(found.words, 0.0) + float(found.name)
        # Few are told, so only these are put in order.
        least = min(sorted(map(abs, given.values()))[-REASONS:], default=0.0)
        strongest = [pair for pair in given.items() if abs(pair[1]) >= least]
        strongest.sort(key=lambda pair: -abs(pair[1]))
        return tuple((words, round(value, 2)) for words, value in strongest[:REASONS] if round(value, 2))


class _Family:
    """The rows of one family of languages, summed up for the marks of a text.

    CRC-32 goes on where it stopped: the hash of "L good" is that of "good" begun with the hash of "L ". So a mark is
    never spelled with its sign.
    """

    def __init__(self, weights: Weights, family: str) -> None:
        self._family = family
        #: A row of four bytes, taken as one number until rows are summed.
        self._rows = memoryview(weights.table).cast("i")
        self._checks = weights.checks
        self._mask = weights.rows - 1
        self._unseen = weights.unseen[family] ** 2
        #: By sign, the hash of what its marks begin with.
        self._heads = Memory(self._head)
        #: Sums of the marks of a word by itself, side by side.
        self.words = Memory(self._word)

    def sums(self, marks: Marks) -> tuple[int, int, int, int]:
        """Return the sums of the three weights, and of the squares of rarities, in steps."""
        hashes: list[int] = []
        for sign, shapes in marks.signed.items():
            head = self._heads[sign]
            hashes += [crc32(shape, head) for shape in map(str.encode, shapes)]
        x, y, z, squares = self._summed(hashes)
        a, b, c, d = _unpacked(sum(map(self.words.__getitem__, marks.inside)))
        return a + x, b + y, c + z, d + squares

    def _head(self, sign: str) -> int:
        return crc32(f"{self._family}{sign} ".encode())

    def _word(self, shape: str) -> int:
        """Sum up the marks of `word_parts`, without making them: a stream brings new words all the time."""
        head = self._heads["c"]
        edged = f"<{shape}>"
        if shape.isascii():
            spelled = edged.encode()
            hashes = [crc32(spelled[run], head) for run in runs_of(shape)]
        else:
            hashes = [crc32(edged[run].encode(), head) for run in runs_of(shape)]
        hashes.append(crc32(shape.encode(), self._heads["w"]))
        return _packed(*self._summed(hashes))

    def _summed(self, hashes: Sequence[int]) -> tuple[int, int, int, int]:
        """Return the sums of the three weights of marks by their hashes, and of the squares of their rarities."""
        rows, checks, mask = self._rows, self._checks, self._mask
        found = [
            rows[at]
            for one in hashes
            if checks[at := one & mask] == (check := one >> CHECK_SHIFT)
            or checks[at := at ^ (check << OTHER_SHIFT | 1)] == check
        ]
        # A row of zeros is nobody's: training didn't see that mark.
        seen = [row for row in found if row]
        table = array("b", array("i", seen).tobytes())
        rarities = table[3::4]
        squares = sum(map(mul, rarities, rarities)) + self._unseen * (len(hashes) - len(seen))
        return sum(table[0::4]), sum(table[1::4]), sum(table[2::4]), squares


#: Bits of one sum among several side by side in one number: a word's are added to a text's in one step. The lowest is
#: what the word leans to positive, so that it can be read alone.
_BITS = 40
_HALF = 1 << (_BITS - 1)
_ALL = (1 << _BITS) - 1
_BELOW_SQUARES = 1 << (3 * _BITS - 1)


def _packed(x: int, y: int, z: int, squares: int) -> int:
    return z - x + (y << _BITS) + (z << 2 * _BITS) + (squares << 3 * _BITS)


def _lean_in(total: int) -> int:
    """Return how far sums side by side lean to positive, in steps."""
    return ((total + _HALF) & _ALL) - _HALF


def _squares_in(total: int) -> int:
    return (total + _BELOW_SQUARES) >> 3 * _BITS


def _unpacked(total: int) -> tuple[int, int, int, int]:
    lean = _lean_in(total)
    total = (total - lean) >> _BITS
    y = _lean_in(total)
    total = (total - y) >> _BITS
    z = _lean_in(total)
    return z - lean, y, z, (total - z) >> _BITS


def probabilities_of(logits: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return the probabilities that scores of the labels stand for; they sum to 1."""
    top = max(logits)
    a, b, c = (math.exp(logit - top) for logit in logits)
    total = a + b + c
    return a / total, b / total, c / total


def compound_of_probabilities(probabilities: Sequence[float], feeling: float = 0.0) -> tuple[float, Label]:
    """Return a compound, -1 to 1, and its label, which agree: a neutral text lies within `EDGE` of zero.

    `feeling`, -1 to 1, is what the words of feeling come to. The model tells better which way a text leans, these words
    how strongly: together they follow people's ratings closer than either.
    """
    negative, neutral, positive = probabilities
    lean = positive - negative
    if neutral == max(probabilities):
        return round(max(-INSIDE, min(INSIDE, lean / 2)), 4), "neutral"
    sign = 1 if lean > 0 else -1
    strength = (1 - FEELING_SHARE) * abs(lean) + FEELING_SHARE * sign * feeling
    return round(sign * max(strength, EDGE), 4), "positive" if lean > 0 else "negative"


class ModelScorer:
    """Scores the languages that the model was trained on."""

    version = "model-4"

    def __init__(self, weights: Weights) -> None:
        self._model = Model(weights)
        self._languages = frozenset(weights.languages)

    def score(self, scene: Scene) -> Sentiment:
        """Score a scene towards its target."""
        if scene.lang not in self._languages:
            return Sentiment(compound=None, label=None)
        feeling = squash(sum([one.value for one in scene.feelings]))
        compound, label = compound_of_probabilities(self._model.probabilities(scene), feeling)
        return Sentiment(compound=compound, label=label, reasons=self._model.reasons(scene))
