"""A scorer that adds a network's say to the model's, and how the network is given a text. Pure.

The target is masked, so that no name has a feeling of its own, and marked. Which way a text leans is the sum of what
the model and the network say; the words that explain it are the model's. `listener.mentions.minilm` is the network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from listener.mentions.model import Model, Weights, compound_of_probabilities, probabilities_of
from listener.mentions.scene import Scene
from listener.mentions.vader import squash
from listener.mentions.wordpiece import WordPieces
from listener.mentions.words import OTHER, TARGET
from listener.types import Sentiment

#: Pieces of words that are read of a text, with the marks of its beginning and end: those around its first target.
LIMIT = 128
#: Among the reasons: how far the network leans to positive.
NETWORK = "(network)"
_LINKS = re.compile(r"https?://\S+|www\.\S+")
_HANDLES = re.compile(r"@\w+")
_NAMES = re.compile(rf"({TARGET}+|{OTHER}+)")


class Pieces(NamedTuple):
    """A text as the network reads it: pieces of words by number, and which of them are the target."""

    ids: Sequence[int]
    targets: Sequence[bool]


def pieces_of(known: WordPieces, masked: str) -> Pieces:
    """Cut a masked text, at most `LIMIT` pieces of it. Names are masks; links are alike, and handles are."""
    text = _HANDLES.sub("@user", _LINKS.sub("http", masked))
    ids: list[int] = []
    targets: list[bool] = []
    for at, part in enumerate(_NAMES.split(text)):
        # Names stand at the odd places.
        found = [known.mask] if at % 2 else known.cut(part)
        ids += found
        targets += [bool(at % 2) and part[0] == TARGET] * len(found)
    first = targets.index(True) if True in targets else 0
    start = max(0, min(first - LIMIT // 2, len(ids) - LIMIT + 2))
    kept = slice(start, start + LIMIT - 2)
    return Pieces([known.first, *ids[kept], known.last], [False, *targets[kept], False])


class Reader(Protocol):
    """Reads scenes as a network does."""

    def logits(self, scene: Scene) -> tuple[float, float, float]:
        """Return the scores of the three labels before they become probabilities."""
        ...


class NetworkScorer:
    """Scores English by model and network together, other languages by the model."""

    version = "minilm-1"

    def __init__(self, weights: Weights, network: Reader) -> None:
        self._model = Model(weights)
        self._languages = frozenset(weights.languages)
        self._network = network

    def score(self, scene: Scene) -> Sentiment:
        """Score a scene towards its target. The network's tendency comes before the model's reasons."""
        if scene.lang not in self._languages:
            return Sentiment(compound=None, label=None)
        logits = self._model.logits(scene)
        reasons = self._model.reasons(scene)
        if scene.lang == "en":
            read = self._network.logits(scene)
            logits = (logits[0] + read[0], logits[1] + read[1], logits[2] + read[2])
            reasons = ((NETWORK, round(read[2] - read[0], 2)), *reasons)
        feeling = squash(sum([one.value for one in scene.feelings]))
        compound, label = compound_of_probabilities(probabilities_of(logits), feeling)
        return Sentiment(compound=compound, label=label, reasons=reasons)
