"""Writes pages: versions as received, changes, and the history of prices, answers and claims.

A body is stored once, compressed, however many snapshots hold it. A ledger has a row for each value with the first and
the last time that it was seen; a value that went and came back is a second row of prices, but the same claim.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.facts import Change, Copy, Plan, Price, Question
from listener.storage.page_reads import find_snapshot
from listener.storage.prepared import insert_new
from listener.storage.records import ChangeStatus
from listener.storage.tables import answers, bodies, changes, claims, prices, snapshots, sources
from listener.storage.timestamps import stamp
from listener.storage.values import clean, clean_or_none, to_json

INSERT_BODY = insert_new(bodies)
#: zlib's own middle: a page of 200 kB takes 4 ms and a fifth of its size.
COMPRESSION = 6


# --- snapshots


def add_snapshot(
    connection: sa.Connection,
    source_id: int,
    url: str,
    taken_at: datetime,
    body_hash: str,
    body: bytes,
    headers: Mapping[str, str],
) -> int:
    """Store a version of a page, or mark the newest as still there when the bytes are the same; return its id."""
    s = snapshots.c
    newest = connection.execute(
        sa.select(s.id, s.body_hash)
        .where(s.source_id == source_id, s.url == url)
        .order_by(s.taken_at.desc(), s.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.body_hash == body_hash:
        connection.execute(sa.update(snapshots).where(s.id == newest.id).values(last_seen_at=stamp(taken_at)))
        return int(newest.id)
    if connection.execute(sa.select(bodies.c.hash).where(bodies.c.hash == body_hash)).one_or_none() is None:
        compressed = zlib.compress(body, COMPRESSION)
        INSERT_BODY.run(connection, {"hash": body_hash, "size_bytes": len(body), "zlib": compressed})
    row = {
        "source_id": source_id,
        "url": url,
        "taken_at": stamp(taken_at),
        "last_seen_at": stamp(taken_at),
        "body_hash": body_hash,
        "headers": to_json(dict(headers)),
    }
    return _inserted(connection, snapshots, row)


# --- changes


def add_changes(
    connection: sa.Connection,
    source_id: int,
    brand: str | None,
    url: str,
    found: Sequence[Change],
    at: datetime,
    status: ChangeStatus,
) -> list[int]:
    """Store changes of a page; return their ids. Those stored as confirmed are confirmed at the same time."""
    return [
        _inserted(
            connection,
            changes,
            {
                "source_id": source_id,
                "brand": brand,
                "url": url,
                "kind": change.kind,
                "subject": clean(change.subject),
                "before": _value_to_json(change.before),
                "after": _value_to_json(change.after),
                "percent": change.percent,
                "first_seen": stamp(at),
                "confirmed_at": stamp(at) if status == "confirmed" else None,
                "status": status,
            },
        )
        for change in found
    ]


def set_change_status(connection: sa.Connection, change_ids: Sequence[int], status: ChangeStatus, at: datetime) -> None:
    """Say what became of changes that waited for a second look."""
    values: dict[str, Any] = {"status": status}
    if status == "confirmed":
        values["confirmed_at"] = stamp(at)
    connection.execute(sa.update(changes).where(changes.c.id.in_(change_ids)).values(values))


def _value_to_json(value: Price | str | None) -> str | None:
    if isinstance(value, Price):
        amount = None if value.price is None else str(value.price)
        name = {} if value.name is None else {"name": clean(value.name)}
        return to_json({"price": amount, "currency": value.currency, "period": value.period, **name})
    return None if value is None else to_json(value)


# --- ledgers


def save_prices(
    connection: sa.Connection, source_id: int, brand: str | None, plans: Iterable[Plan], at: datetime
) -> None:
    """Note what each plan costs: a price that stands is seen again, another one begins a row."""
    p = prices.c
    newest: dict[tuple[str, ...], Any] = {}
    stood_at = ""
    for row in connection.execute(sa.select(prices).where(p.source_id == source_id).order_by(p.last_seen, p.id)):
        newest[row.plan, row.period, row.unit, row.currency] = row
        stood_at = row.last_seen
    seen: dict[tuple[str, ...], list[str | None]] = {}
    for plan in plans:
        key = tuple(clean(part or "") for part in (plan.name, plan.period, plan.unit, plan.currency))
        seen.setdefault(key, []).append(None if plan.price is None else format(plan.price.normalize(), "f"))
    for key, shown in seen.items():
        old = newest.get(key)
        # Of several prices of one name the known one stands, or else the first: their order is no change.
        if old is not None and old.price in shown and old.last_seen == stood_at:
            connection.execute(sa.update(prices).where(p.id == old.id).values(brand=brand, last_seen=stamp(at)))
        else:
            named = dict(zip(("plan", "period", "unit", "currency"), key, strict=True))
            span = {"price": shown[0], "first_seen": stamp(at), "last_seen": stamp(at)}
            connection.execute(sa.insert(prices).values(source_id=source_id, brand=brand, **named, **span))


def save_claims(
    connection: sa.Connection, source_id: int, brand: str | None, copies: Iterable[Copy], at: datetime
) -> None:
    """Note the advertising copy of a page: when each piece was first and last seen."""
    wanted: dict[tuple[str, ...], dict[str, Any]] = {
        (copy.kind, clean(copy.text)): {"url": clean_or_none(copy.url)} for copy in copies
    }
    _save_ledger(connection, claims, ("kind", "text"), wanted, source_id, brand, at)


def save_answers(
    connection: sa.Connection, source_id: int, brand: str | None, questions: Iterable[Question], at: datetime
) -> None:
    """Note the questions and answers of a page: another answer to a question begins a row."""
    wanted: dict[tuple[str, ...], dict[str, Any]] = {
        (clean(question.question), clean(question.answer)): {} for question in questions
    }
    _save_ledger(connection, answers, ("question", "answer"), wanted, source_id, brand, at)


def _save_ledger(
    connection: sa.Connection,
    table: sa.Table,
    key: tuple[str, str],
    wanted: Mapping[tuple[str, ...], Mapping[str, Any]],
    source_id: int,
    brand: str | None,
    at: datetime,
) -> None:
    """Mark known rows as seen, insert new ones. A page holds hundreds of them at most, so they are compared here."""
    found = sa.select(table.c.id, *(table.c[name] for name in key)).where(table.c.source_id == source_id)
    known = {tuple(row[1:]): row.id for row in connection.execute(found)}
    again = [known[values] for values in wanted if values in known]
    if again:
        connection.execute(sa.update(table).where(table.c.id.in_(again)).values(brand=brand, last_seen=stamp(at)))
    new = [
        {
            "source_id": source_id,
            "brand": brand,
            **dict(zip(key, values, strict=True)),
            **more,
            "first_seen": stamp(at),
            "last_seen": stamp(at),
        }
        for values, more in wanted.items()
        if values not in known
    ]
    if new:
        connection.execute(sa.insert(table), new)


def renew_snapshot(connection: sa.Connection, source: str, body_hash: str, at: datetime) -> None:
    """Store a version of a page again as its newest: it went back to that."""
    found = find_snapshot(connection, source, body_hash)
    if found is not None:
        source_id = connection.execute(sa.select(sources.c.id).where(sources.c.name == source)).scalar_one()
        add_snapshot(connection, source_id, found.url, at, body_hash, found.body, found.headers)


def drop_snapshots(connection: sa.Connection, source_id: int, body_hash: str) -> None:
    """Let go of a version of a page, and of its bytes where no other snapshot holds them."""
    s = snapshots.c
    connection.execute(sa.delete(snapshots).where(s.source_id == source_id, s.body_hash == body_hash))
    held = sa.exists().where(s.body_hash == bodies.c.hash)
    connection.execute(sa.delete(bodies).where(bodies.c.hash == body_hash, ~held))


def touch_facts(connection: sa.Connection, source_id: int, stood_at: datetime, at: datetime) -> None:
    """Note that everything that a page said at one moment still stands there at another."""
    for table in (prices, claims, answers):
        stood = sa.and_(table.c.source_id == source_id, table.c.last_seen == stamp(stood_at))
        connection.execute(sa.update(table).where(stood).values(last_seen=stamp(at)))


def _inserted(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> int:
    key = connection.execute(sa.insert(table).values(dict(row))).inserted_primary_key
    assert key is not None
    return int(key[0])
