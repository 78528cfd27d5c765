"""MiniLM, its two upper layers trained for sentiment, with numpy alone. Pure; imported only where it is asked for.

The four lower layers and the vocabulary are those of a package, the upper layers and the head come with the program:
`listener.mentions.network_files` reads both. It is BERT (Devlin et al. 2018) but for a mark that is added to the
states of the target where the trained layers begin.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from listener.mentions.features import figures
from listener.mentions.network import Pieces, pieces_of
from listener.mentions.scene import Scene
from listener.mentions.wordpiece import WordPieces

Array: TypeAlias = npt.NDArray[np.float32]

MAGIC = b"LSTNNET1"
LAYERS = 6
#: Layers of the package; those above were trained.
LOWER = 4
HEADS = 12
#: As MiniLM was trained with.
EPSILON = np.float32(1e-12)
#: More than any upper layers take, unpacked.
UPPER_LIMIT_BYTES = 16_000_000


class Upper(msgspec.Struct, frozen=True, kw_only=True):
    """What training learned."""

    #: By BERT's names, and "mark", "none", "head.weight" and "head.bias".
    tensors: Mapping[str, Array]
    #: What is added to the three labels, by figure.
    priors: Mapping[int, tuple[float, float, float]]
    #: CRC-32 of the file with the layers below that it was trained on.
    lower: int


def parse_upper(data: bytes) -> Upper:
    """Read the bytes that training writes. Raises ValueError or KeyError for anything else."""
    if data[:8] != MAGIC:
        raise ValueError("not a network of this program")
    try:
        (size,) = struct.unpack_from("<I", data, 8)
        head = json.loads(data[12 : 12 + size])
        packed = zlib.decompressobj().decompress(data[12 + size :], UPPER_LIMIT_BYTES)
    except (struct.error, zlib.error) as error:
        raise ValueError("a network that can't be unpacked") from error
    tensors: dict[str, Array] = {}
    at = 0
    for told in head["tensors"]:
        shape = tuple(told["shape"])
        count = math.prod(shape)
        if told["small"]:
            # A step for each row, then rows of 8-bit integers.
            steps = np.frombuffer(packed, "<f4", shape[0], at)[:, None]
            small = np.frombuffer(packed, np.int8, count, at + steps.nbytes).reshape(shape)
            tensors[told["name"]] = (small * steps).astype(np.float32)
            at += steps.nbytes + count
        else:
            tensors[told["name"]] = np.frombuffer(packed, "<f4", count, at).reshape(shape).astype(np.float32)
            at += 4 * count
    priors = {int(figure): (a, b, c) for figure, (a, b, c) in head["priors"].items()}
    return Upper(tensors=tensors, priors=priors, lower=head["lower"])


def parse_lower(held: bytes | memoryview) -> Mapping[str, Array]:
    """Return the tensors of a safetensors file, as views of it. Raises ValueError.

    Eight bytes of length, a head in JSON, then the tensors: https://github.com/huggingface/safetensors#format
    """
    try:
        (size,) = struct.unpack_from("<Q", held)
    except struct.error as error:
        raise ValueError("no tensors") from error
    tensors: dict[str, Array] = {}
    for name, told in json.loads(bytes(held[8 : 8 + size])).items():
        if told.get("dtype") == "F32":
            start, end = told["data_offsets"]
            found = np.frombuffer(held, "<f4", (end - start) // 4, 8 + size + start)
            tensors[name] = found.reshape(told["shape"])
    return tensors


class Network:
    """MiniLM with a head of three labels, over the means of the text and of the target."""

    def __init__(self, known: WordPieces, lower: Mapping[str, Array], upper: Upper) -> None:
        """Take the vocabulary and all layers. Raises KeyError for a tensor that is missing."""
        self._known = known
        self._priors = upper.priors
        self._words = lower["embeddings.word_embeddings.weight"]
        types = lower["embeddings.token_type_embeddings.weight"]
        self._places = lower["embeddings.position_embeddings.weight"] + types[0]
        self._first = (lower["embeddings.LayerNorm.weight"], lower["embeddings.LayerNorm.bias"])
        self._layers = [_Layer(lower if at < LOWER else upper.tensors, at) for at in range(LAYERS)]
        self._mark, self._none = upper.tensors["mark"], upper.tensors["none"]
        self._head = (upper.tensors["head.weight"], upper.tensors["head.bias"])

    def logits(self, scene: Scene) -> tuple[float, float, float]:
        """Return the scores of the three labels, with what training data of other domains can't tell."""
        a, b, c = self.read(pieces_of(self._known, scene.words.text))
        found = figures(scene)
        for figure, (one_a, one_b, one_c) in self._priors.items():
            a, b, c = a + found[figure] * one_a, b + found[figure] * one_b, c + found[figure] * one_c
        return a, b, c

    def read(self, pieces: Pieces) -> tuple[float, float, float]:
        """Return the scores of the three labels of pieces."""
        targets = np.array(pieces.targets)
        states = _normal(self._words[list(pieces.ids)] + self._places[: len(pieces.ids)], self._first)
        for layer in self._layers[:LOWER]:
            states = layer.pass_on(states)
        states = states + np.where(targets[:, None], self._mark, np.float32(0))
        for layer in self._layers[LOWER:]:
            states = layer.pass_on(states)
        target = states[targets].mean(0) if targets.any() else self._none
        weight, bias = self._head
        a, b, c = weight @ np.concatenate([states.mean(0), target]) + bias
        return float(a), float(b), float(c)


class _Layer:
    """A layer of BERT: attention of twelve heads, then two linear steps with GELU between."""

    def __init__(self, tensors: Mapping[str, Array], at: int) -> None:
        def pair(name: str) -> tuple[Array, Array]:
            head = f"encoder.layer.{at}.{name}"
            return tensors[f"{head}.weight"].T, tensors[f"{head}.bias"]

        self._asked = [pair(f"attention.self.{name}") for name in ("query", "key", "value")]
        self._joined, self._joined_normal = pair("attention.output.dense"), pair("attention.output.LayerNorm")
        self._wide, self._narrow = pair("intermediate.dense"), pair("output.dense")
        self._normal = pair("output.LayerNorm")

    def pass_on(self, states: Array) -> Array:
        """Return the states behind the layer: pieces x width."""
        length, width = states.shape
        query, key, value = (
            _linear(states, one).reshape(length, HEADS, width // HEADS).transpose(1, 0, 2) for one in self._asked
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(math.sqrt(width // HEADS))
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        seen = (shares @ value).transpose(1, 0, 2).reshape(length, width)
        states = _normal(states + _linear(seen, self._joined), self._joined_normal)
        return _normal(states + _linear(_gelu(_linear(states, self._wide)), self._narrow), self._normal)


def _linear(states: Array, pair: tuple[Array, Array]) -> Array:
    weight, bias = pair
    return states @ weight + bias


def _normal(states: Array, pair: tuple[Array, Array]) -> Array:
    weight, bias = pair
    centred: Array = states - states.mean(-1, keepdims=True)
    spread: Array = np.sqrt((centred * centred).mean(-1, keepdims=True) + EPSILON)
    return centred / spread * weight + bias


def _gelu(x: Array) -> Array:
    """Return x times the normal distribution's share below x (Hendrycks and Gimpel 2016).

    erf by Abramowitz and Stegun, 7.1.26: at most 1.5e-7 off.
    """
    a: Array = np.abs(x) * np.float32(math.sqrt(0.5))
    t: Array = np.float32(1) / (np.float32(1) + np.float32(0.3275911) * a)
    series: Array = np.full_like(t, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(coefficient)
    erf: Array = np.float32(1) - series * t * np.exp(-a * a)
    return x * np.float32(0.5) * (np.float32(1) + erf * np.sign(x))
