"""Trend rows: updated in the transaction that stores or changes a mention.

All sums are integers, and a row whose mentions are gone is deleted, so that what is counted and what is rebuilt
(`listener.storage.rebuild`) agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from listener.storage.prepared import Prepared, add
from listener.storage.tables import TREND_SUMS, trend_pains, trends
from listener.storage.timestamps import hour_of
from listener.storage.values import E4

#: From this probability on, a mention counts as a complaint.
COMPLAINT_E4 = E4 // 2

ADD = add(trends, TREND_SUMS)
ADD_PAINS = add(trend_pains, ("mentions", "severity_sum"))
DROP_EMPTY = Prepared(
    lambda _: (
        sa.delete(trends)
        .where(*(column == sa.bindparam(column.name) for column in trends.primary_key))
        .where(trends.c.mentions == 0)
    )
)
DROP_EMPTY_PAINS = Prepared(
    lambda _: (
        sa.delete(trend_pains)
        .where(*(column == sa.bindparam(column.name) for column in trend_pains.primary_key))
        .where(trend_pains.c.mentions == 0)
    )
)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a trend row needs of one mention."""

    #: The stamp of the time it counts at.
    at: str
    brand: str
    source_id: int
    first_of_story: bool
    compound_e4: int | None
    label: str | None
    complaint_e4: int
    reach_e4: int
    #: Topic and severity.
    pains: Sequence[tuple[str, int]]


class Tally:
    """Adds mentions up, or takes them away, and writes each trend row once."""

    def __init__(self) -> None:
        self._trends: dict[tuple[str, str, int], list[int]] = {}
        self._pains: dict[tuple[str, str, int, str], list[int]] = {}
        self._removed = False

    def add(self, mention: Counted, sign: int = 1) -> None:
        """Count a mention, or with a `sign` of -1 take it away."""
        self._removed |= sign < 0
        key = (hour_of(mention.at), mention.brand, mention.source_id)
        sums = self._trends.setdefault(key, [0] * len(TREND_SUMS))
        compound = mention.compound_e4
        known = 0 if compound is None else compound
        for place, amount in enumerate(
            (
                1,
                int(mention.first_of_story),
                int(compound is not None),
                int(compound is None),
                int(mention.label == "positive"),
                int(mention.label == "neutral"),
                int(mention.label == "negative"),
                known,
                known * known,
                int(mention.complaint_e4 >= COMPLAINT_E4),
                mention.reach_e4,
            )
        ):
            sums[place] += sign * amount
        for topic, severity in mention.pains:
            pain = self._pains.setdefault((*key, topic), [0, 0])
            pain[0] += sign
            pain[1] += sign * severity

    def write(self, connection: sa.Connection) -> None:
        """Add what was counted to the trend rows."""
        if self._trends:
            keys = [dict(zip(("bucket", "brand", "source_id"), key, strict=True)) for key in self._trends]
            sums = [dict(zip(TREND_SUMS, counted, strict=True)) for counted in self._trends.values()]
            ADD.write_all(connection, [{**key, **counted} for key, counted in zip(keys, sums, strict=True)])
            if self._removed:
                DROP_EMPTY.write_all(connection, keys)
        if self._pains:
            keys = [dict(zip(("bucket", "brand", "source_id", "topic"), key, strict=True)) for key in self._pains]
            rows = [
                {**key, "mentions": count, "severity_sum": severity}
                for key, (count, severity) in zip(keys, self._pains.values(), strict=True)
            ]
            ADD_PAINS.write_all(connection, rows)
            if self._removed:
                DROP_EMPTY_PAINS.write_all(connection, keys)
