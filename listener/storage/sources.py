"""Sources and hosts: what is polled, when it is due, and what is remembered between polls."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from listener.errors import StorageError
from listener.lazy import LazyModule
from listener.storage.polled_tables import coverage, hosts, sources
from listener.storage.prepared import Prepared, add, among, chunks, filled, insert, replace, size_for
from listener.storage.timestamps import moment, moment_or_none, stamp, stamp_or_none
from listener.storage.values import clean, clean_or_none, from_json, to_json
from listener.types import EMPTY, HostState, Outcome, Source, SourceState, Validators

if TYPE_CHECKING:
    from listener.storage import records
    from listener.storage.records import StoredSource
else:
    records = LazyModule("listener.storage.records")

#: What `SourceState` holds, so what a poll writes.
STATE = (
    "due_at",
    "last_poll_at",
    "last_success_at",
    "last_item_at",
    "outcome",
    "detail",
    "failures",
    "failing_since",
    "announced",
    "stopped",
    "rhythm_seconds",
    "validators",
    "scraper_state",
    "page_state",
)
STATE_COLUMNS = (sources.c.name, *(sources.c[name] for name in STATE))

SAVE = Prepared(
    lambda _: (
        sa.update(sources)
        .where(sources.c.name == sa.bindparam("source"))
        .values({name: sa.bindparam(name) for name in STATE})
    )
)
DUE = Prepared(
    lambda _: (
        sa.select(sources.c.name)
        .where(sources.c.active, ~sources.c.stopped, sources.c.due_at <= sa.bindparam("now"))
        .order_by(sources.c.due_at)
        .limit(sa.bindparam("most"))
    )
)


@cache
def states_among(count: int) -> Prepared:
    """Return the statement that reads the states of so many sources."""
    return Prepared(lambda _: sa.select(*STATE_COLUMNS).where(among(sources.c.name, count)), positional=True)


INSERT = insert(sources)
GET_HOST = Prepared(lambda _: sa.select(hosts).where(hosts.c.host == sa.bindparam("host")))
SAVE_HOST = replace(hosts)
COVER = add(coverage, ("ok", "failed", "items"))
#: What the settings say of a source, beside its name and whether it is enabled.
SETTINGS = ("scraper", "url", "brand", "category", "weight")
#: A source that begins anew: its place changed, so nothing remembered holds.
FRESH: dict[str, Any] = {
    "last_poll_at": None,
    "last_success_at": None,
    "last_item_at": None,
    "outcome": None,
    "detail": "",
    "failures": 0,
    "failing_since": None,
    "announced": False,
    "stopped": False,
    "rhythm_seconds": None,
    "validators": "{}",
    "scraper_state": "{}",
    "page_state": "{}",
}


def sync_sources(connection: sa.Connection, wanted: Sequence[Source], now: datetime, *, spread: timedelta) -> None:
    """Make the table hold the sources of the settings.

    New ones are due within `spread`, each at a place that follows from its name, so that they don't line up and a
    restart doesn't move them. Those that left are kept, inactive: their mentions and trends stay.
    """
    columns = ("name", *SETTINGS, "active")
    rows = connection.execute(sa.select(*(sources.c[name] for name in columns)))
    known = {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in rows}
    next_id = (connection.execute(sa.select(sa.func.max(sources.c.id))).scalar() or 0) + 1
    added: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    edited: list[dict[str, Any]] = []
    for source in wanted:
        settings = {name: getattr(source, name) for name in SETTINGS} | {"active": source.enabled}
        due_at = stamp(now + spread * _place(source.name))
        old = known.get(source.name)
        if old is None:
            first = {"id": next_id + len(added), "name": source.name, "added_at": stamp(now), "read_on": None}
            added.append(first | settings | FRESH | {"due_at": due_at})
        elif (old["scraper"], old["url"]) != (source.scraper, source.url):
            moved.append({"which": source.name} | settings | FRESH | {"due_at": due_at})
        elif settings != old:
            edited.append({"which": source.name} | settings)
    if added:
        INSERT.run(connection, added)
    left = {name for name, old in known.items() if old["active"]} - {source.name for source in wanted}
    for changes in (moved, edited, [{"which": name, "active": False} for name in sorted(left)]):
        if changes:
            values: dict[str, Any] = {name: sa.bindparam(name) for name in changes[0] if name != "which"}
            connection.execute(
                sa.update(sources).where(sources.c.name == sa.bindparam("which")).values(values), changes
            )


def keep_source(connection: sa.Connection, source: Source, now: datetime) -> None:
    """Make sure that a source is known which is never polled, such as the notes of people. Others stay as they are."""
    if connection.execute(sa.select(sources.c.id).where(sources.c.name == source.name)).first() is not None:
        return
    last = connection.execute(sa.select(sa.func.max(sources.c.id))).scalar() or 0
    first = {"id": last + 1, "name": source.name, "added_at": stamp(now), "read_on": None, "due_at": stamp(now)}
    settings = {name: getattr(source, name) for name in SETTINGS} | {"active": False}
    INSERT.run(connection, [first | settings | FRESH | {"due_at": stamp(now)}])


def _place(name: str) -> float:
    """Return where in a span of time a source stands, 0 to 1: evenly spread over names, always the same for one."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48


def due(connection: sa.Connection, now: datetime, limit: int, exclude: Collection[str]) -> list[str]:
    """Return the names of the sources that are due, the longest overdue first, without those in `exclude`."""
    rows = DUE.read(connection, {"now": stamp(now), "most": limit + len(exclude)})
    return [name for (name,) in rows if name not in exclude][:limit]


def get_states(connection: sa.Connection, names: Sequence[str]) -> list[SourceState]:
    """Return what is remembered of sources, in any order. Raises StorageError for one that is unknown."""
    count = size_for(len(names))
    found = [state_of(row) for row in states_among(count).read(connection, filled(names, count))]
    for name in set(names) - {state.source for state in found}:
        raise unknown_source(name)
    return found


def next_due(connection: sa.Connection) -> datetime | None:
    """Return when the next source is due; None where there is none."""
    found = sa.select(sa.func.min(sources.c.due_at)).where(sources.c.active, ~sources.c.stopped)
    return moment_or_none(connection.execute(found).scalar())


def stopped(connection: sa.Connection) -> list[str]:
    """Return the names of the sources that are stopped, in order."""
    found = sa.select(sources.c.name).where(sources.c.stopped).order_by(sources.c.name)
    return list(connection.execute(found).scalars())


def list_sources(connection: sa.Connection, name: str | None = None) -> list[StoredSource]:
    """Return all sources, or the one of that name, by name."""
    others = (sources.c[key] for key in (*SETTINGS, "active", "added_at"))
    found = sa.select(*STATE_COLUMNS, *others).order_by(sources.c.name)
    if name is not None:
        found = found.where(sources.c.name == name)
    return [
        records.StoredSource(
            name=row.name,
            scraper=row.scraper,
            url=row.url,
            brand=row.brand,
            category=row.category,
            weight=row.weight,
            active=bool(row.active),
            added_at=moment(row.added_at),
            state=state_of(row[: len(STATE_COLUMNS)]),
        )
        for row in connection.execute(found)
    ]


def save_source(connection: sa.Connection, state: SourceState) -> None:
    """Write what a poll learned. Raises StorageError for a source that was never in the settings."""
    values = {
        "source": state.source,
        "due_at": stamp(state.due_at),
        "last_poll_at": stamp_or_none(state.last_poll_at),
        "last_success_at": stamp_or_none(state.last_success_at),
        "last_item_at": stamp_or_none(state.last_item_at),
        "outcome": None if state.outcome is None else state.outcome.value,
        "detail": clean(state.detail),
        "failures": state.failures,
        "failing_since": stamp_or_none(state.failing_since),
        "announced": state.announced,
        "stopped": state.stopped,
        "rhythm_seconds": None if state.rhythm is None else state.rhythm.total_seconds(),
        "validators": _validators_to_json(state),
        "scraper_state": to_json(dict(state.scraper_state)) if state.scraper_state else "{}",
        "page_state": to_json(dict(state.page_state)) if state.page_state else "{}",
    }
    if SAVE.write(connection, values) == 0:
        raise unknown_source(state.source)


def reschedule(connection: sa.Connection, names: Collection[str], due_at: datetime) -> int:
    """Let sources be due at a moment, also those that were stopped; return how many."""
    values = {"due_at": stamp(due_at), "stopped": False}
    return sum(
        connection.execute(sa.update(sources).where(sources.c.name.in_(some)).values(values)).rowcount
        for some in chunks(sorted(names))
    )


def hasten(connection: sa.Connection, names: Collection[str], due_at: datetime) -> int:
    """Let sources be due at a moment that would be due later, but those that were stopped; return how many."""
    at = stamp(due_at)
    return sum(
        connection.execute(
            sa.update(sources)
            .where(sources.c.name.in_(some), ~sources.c.stopped, sources.c.due_at > at)
            .values(due_at=at)
        ).rowcount
        for some in chunks(sorted(names))
    )


def unknown_source(name: str) -> StorageError:
    """Return the error for a source that the database has never heard of."""
    return StorageError(f"no source named {name!r} was ever in the settings")


def _validators_to_json(state: SourceState) -> str:
    if not state.validators:
        return "{}"
    return to_json(
        {
            url: [entry.etag, entry.last_modified, entry.body_hash, entry.moved_to]
            for url, entry in state.validators.items()
        }
    )


def state_of(row: Sequence[Any]) -> SourceState:
    """Return the state that a row holds: the values of `STATE_COLUMNS`."""
    source, due_at, last_poll_at, last_success_at, last_item_at, outcome, detail, failures, failing_since = row[:9]
    announced, stopped, rhythm_seconds, validators, scraper_state, page_state = row[9:]
    return SourceState(
        source=source,
        due_at=moment(due_at),
        last_poll_at=moment_or_none(last_poll_at),
        last_success_at=moment_or_none(last_success_at),
        last_item_at=moment_or_none(last_item_at),
        outcome=None if outcome is None else Outcome(outcome),
        detail=detail,
        failures=failures,
        failing_since=moment_or_none(failing_since),
        announced=bool(announced),
        stopped=bool(stopped),
        rhythm=None if rhythm_seconds is None else timedelta(seconds=rhythm_seconds),
        validators={
            url: Validators(etag=etag, last_modified=modified, body_hash=digest, moved_to=moved)
            for url, (etag, modified, digest, moved) in from_json(validators).items()
        }
        if validators != "{}"
        else EMPTY,
        scraper_state=from_json(scraper_state) if scraper_state != "{}" else EMPTY,
        page_state=from_json(page_state) if page_state != "{}" else EMPTY,
    )


def add_coverage(connection: sa.Connection, source_id: int, bucket: str, *, ok: bool | None, items: int) -> None:
    """Count a poll of the hour `bucket`, worked or failed, and the items it brought; None: the items alone."""
    COVER.write(
        connection,
        {"bucket": bucket, "source_id": source_id, "ok": int(ok is True), "failed": int(ok is False), "items": items},
    )


def get_host(connection: sa.Connection, host: str) -> HostState | None:
    """Return what is remembered of a host; None for one never met."""
    row = GET_HOST.run(connection, {"host": host}).one_or_none()
    return None if row is None else host_of(row)


def host_names(connection: sa.Connection) -> set[str]:
    """Return the hosts of which something is remembered."""
    return set(connection.execute(sa.select(hosts.c.host)).scalars())


def host_of(row: Any) -> HostState:
    """Return the state that a row of `hosts` holds."""
    return HostState(
        host=row.host,
        not_before=moment_or_none(row.not_before),
        failures=row.failures,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        robots=row.robots,
        robots_until=moment_or_none(row.robots_until),
        robots_failing_since=moment_or_none(row.robots_failing_since),
    )


def save_host(connection: sa.Connection, state: HostState) -> None:
    """Write what was learned of a host."""
    SAVE_HOST.write(
        connection,
        {
            "host": state.host,
            "not_before": stamp_or_none(state.not_before),
            "failures": state.failures,
            "outcome": None if state.outcome is None else state.outcome.value,
            "robots": clean_or_none(state.robots),
            "robots_until": stamp_or_none(state.robots_until),
            "robots_failing_since": stamp_or_none(state.robots_failing_since),
        },
    )


def source_ids(connection: sa.Connection) -> dict[str, int]:
    """Return the ids of all sources by name."""
    return {row.name: row.id for row in connection.execute(sa.select(sources.c.name, sources.c.id))}
