"""Reads pages: versions, changes, and the history of prices, answers and claims."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from listener.facts import Change, Price
from listener.storage.listing import STREAMED, within
from listener.storage.records import ChangeStatus, Snapshot, StoredAnswer, StoredChange, StoredClaim, StoredPrice
from listener.storage.tables import answers, bodies, changes, claims, prices, snapshots, sources
from listener.storage.timestamps import moment, moment_or_none
from listener.storage.values import from_json

#: What a brand's pages said, by the brand's name at the time.
LEDGERS = (changes, prices, answers, claims)


class Pages:
    """Reads of a `Store`, which makes it and gives it its connections."""

    def __init__(self, read: Callable[..., AbstractContextManager[sa.Connection]]) -> None:
        self._read = read

    def find_snapshot(self, source: str, body_hash: str) -> Snapshot | None:
        """Return the newest version of a source's page with these bytes; None where it is gone."""
        with self._read() as connection:
            return find_snapshot(connection, source, body_hash)

    def list_pages(self) -> list[str]:
        """Return the sources that are pages, those of which versions are kept, by name."""
        kept = sa.select(sources.c.name).where(sources.c.id.in_(sa.select(snapshots.c.source_id)))
        with self._read() as connection:
            return list(connection.execute(kept.order_by(sources.c.name)).scalars())

    def iter_changes(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        brands: Collection[str] = (),
        *,
        source: str | None = None,
        status: ChangeStatus | None = None,
    ) -> Iterator[StoredChange]:
        """Yield changes in the order in which they were first seen; no brands: all."""
        c = changes.c
        found = (
            sa.select(changes, sources.c.name.label("source"))
            .join(sources, sources.c.id == c.source_id)
            .where(*within(c.first_seen, start, end))
            .order_by(c.first_seen, c.id)
        )
        if brands:
            found = found.where(c.brand.in_(sorted(brands)))
        if source is not None:
            found = found.where(sources.c.name == source)
        if status is not None:
            found = found.where(c.status == status)
        with self._read() as connection:
            for row in connection.execute(found, execution_options=STREAMED):
                yield StoredChange(
                    id=row.id,
                    source=row.source,
                    brand=row.brand,
                    url=row.url,
                    change=Change(
                        kind=row.kind,
                        subject=row.subject,
                        before=_value_from_json(row.before),
                        after=_value_from_json(row.after),
                        percent=row.percent,
                    ),
                    first_seen=moment(row.first_seen),
                    confirmed_at=moment_or_none(row.confirmed_at),
                    status=row.status,
                )

    def list_brands(self) -> list[str]:
        """Return the brands that changes and ledgers tell of, by name: also those that have left the settings."""
        named = (sa.select(table.c.brand).where(table.c.brand.is_not(None)) for table in LEDGERS)
        with self._read() as connection:
            return sorted(connection.execute(sa.union(*named)).scalars())

    def iter_prices(self, brands: Collection[str] = ()) -> Iterator[StoredPrice]:
        """Yield prices of plans with the time that they stood, plan by plan, the oldest first; no brands: all."""
        p = prices.c
        for row in self._ledger(prices, brands, (p.plan, p.period, p.unit, p.currency, p.first_seen)):
            yield StoredPrice(
                source=row.source,
                brand=row.brand,
                plan=row.plan,
                period=row.period,
                unit=row.unit,
                currency=row.currency,
                price=None if row.price is None else Decimal(row.price),
                first_seen=moment(row.first_seen),
                last_seen=moment(row.last_seen),
            )

    def iter_claims(self, brands: Collection[str] = ()) -> Iterator[StoredClaim]:
        """Yield pieces of advertising copy, source by source, the oldest first; no brands: all."""
        for row in self._ledger(claims, brands, (claims.c.first_seen,)):
            yield StoredClaim(
                source=row.source,
                brand=row.brand,
                kind=row.kind,
                text=row.text,
                url=row.url,
                first_seen=moment(row.first_seen),
                last_seen=moment(row.last_seen),
            )

    def iter_answers(self, brands: Collection[str] = ()) -> Iterator[StoredAnswer]:
        """Yield questions and answers, source by source, the oldest answer to a question first; no brands: all."""
        for row in self._ledger(answers, brands, (answers.c.question, answers.c.first_seen)):
            yield StoredAnswer(
                source=row.source,
                brand=row.brand,
                question=row.question,
                answer=row.answer,
                first_seen=moment(row.first_seen),
                last_seen=moment(row.last_seen),
            )

    def _ledger(self, table: sa.Table, brands: Collection[str], order: Sequence[sa.Column[Any]]) -> Iterator[Any]:
        found = (
            sa.select(table, sources.c.name.label("source"))
            .join(sources, sources.c.id == table.c.source_id)
            .order_by(sources.c.name, *order, table.c.id)
        )
        if brands:
            found = found.where(table.c.brand.in_(sorted(brands)))
        with self._read() as connection:
            yield from connection.execute(found, execution_options=STREAMED)


def find_snapshot(connection: sa.Connection, source: str, body_hash: str) -> Snapshot | None:
    """Return the newest version of a source's page with these bytes; None where it is gone."""
    s = snapshots.c
    found = (
        sa.select(snapshots, bodies.c.zlib, sources.c.name)
        .join(bodies, bodies.c.hash == s.body_hash)
        .join(sources, sources.c.id == s.source_id)
        .where(sources.c.name == source, s.body_hash == body_hash)
        .order_by(s.taken_at.desc(), s.id.desc())
        .limit(1)
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else _snapshot_of(row)


def _snapshot_of(row: Any) -> Snapshot:
    return Snapshot(
        id=row.id,
        source=row.name,
        url=row.url,
        taken_at=moment(row.taken_at),
        last_seen_at=moment(row.last_seen_at),
        body_hash=row.body_hash,
        body=zlib.decompress(row.zlib),
        headers=from_json(row.headers),
    )


def _value_from_json(text: str | None) -> Price | str | None:
    value = None if text is None else from_json(text)
    if isinstance(value, dict):
        amount = value["price"]
        return Price(
            price=None if amount is None else Decimal(amount),
            currency=value["currency"],
            period=value["period"],
            name=value.get("name"),
        )
    return value if value is None else str(value)
