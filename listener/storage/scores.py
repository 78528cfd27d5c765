"""Scores of surveys (NPS, CSAT, CES) by hour, brand, source and segment, counted as answers arrive.

Each answer counts once under the empty segment and once under each of its own segments (plan, country, persona, stage).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from listener.storage.prepared import add
from listener.storage.tables import SCORE_SUMS, scores
from listener.storage.timestamps import hour_of
from listener.storage.values import clean, e4, from_json

ADD = add(scores, SCORE_SUMS)
KEY = ("bucket", "brand", "source_id", "metric", "segment_key", "segment_value")
#: Shares of the best possible answer from which on, and up to which, an answer counts as promoter and detractor.
#: NPS: 9 to 10 and 0 to 6 of 10 (Reichheld, "The One Number You Need to Grow", HBR 12/2003). CSAT and CES: the upper
#: two and the lower two of five boxes; on a scale of seven the upper three and the lower two.
BOUNDS = {"nps": (0.9, 0.6)}
OTHER_BOUNDS = (0.7, 0.4)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a survey."""

    #: The stamp of the time it counts at.
    at: str
    brand: str
    source_id: int
    metric: str
    rating: float
    rating_max: float
    segment: Mapping[str, str]


class ScoreTally:
    """Adds answers up and writes each row once."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, int, str, str, str], list[int]] = {}

    def add(self, answer: Answer) -> None:
        """Count an answer, as a whole and for each of its segments."""
        segments = {clean(key): clean(value) for key, value in answer.segment.items() if key != "metric"}
        share = answer.rating / answer.rating_max if answer.rating_max else math.nan
        high, low = BOUNDS.get(answer.metric, OTHER_BOUNDS)
        amounts = (1, e4(answer.rating), e4(answer.rating) ** 2, int(share >= high), int(share <= low))
        for key, value in {"": "", **segments}.items():
            row = (hour_of(answer.at), answer.brand, answer.source_id, answer.metric, key, value)
            sums = self._sums.setdefault(row, [0] * len(SCORE_SUMS))
            for place, amount in enumerate(amounts):
                sums[place] += amount

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row of `scores` for each key counted."""
        for key, sums in self._sums.items():
            yield {**dict(zip(KEY, key, strict=True)), **dict(zip(SCORE_SUMS, sums, strict=True))}

    def write(self, connection: sa.Connection) -> None:
        """Add what was counted to the rows."""
        if self._sums:
            ADD.run(connection, list(self.rows()))


def answer_of(row: Any) -> Answer:
    """Return the answer that a row of `items` holds, one with a `survey`."""
    return Answer(
        at=row.survey_at,
        brand=row.survey_brand,
        source_id=row.source_id,
        metric=row.survey,
        rating=row.rating,
        rating_max=row.rating_max,
        segment=from_json(row.segment),
    )
