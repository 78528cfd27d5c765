"""What was sent is not sent again because the database could not be told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listener.alerts import Planner
from listener.channels import ConsoleSettings
from listener.errors import DatabaseBusy, TemporaryDeliveryError
from listener.outbox import Outbox
from listener.storage import Store
from listener.types import Alert, DeliveryStatus

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


class LockingChannel:
    """Takes a message, and another program locks the database in that moment."""

    MESSAGE_LIMIT = 500

    def __init__(self, path: Path) -> None:
        self.name = "screen"
        self.sent: list[str] = []
        self._path = path
        self.other: sqlite3.Connection | None = None

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> None:
        self.sent.append(message_id)
        if self.other is None:
            self.other = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self.other.execute("BEGIN IMMEDIATE")


class FailingChannel:
    """Fails until it is mended."""

    MESSAGE_LIMIT = 500

    def __init__(self) -> None:
        self.name = "screen"
        self.mended = False
        self.attempts = 0

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> None:
        self.attempts += 1
        if not self.mended:
            raise TemporaryDeliveryError("come back in three hours", retry_after=timedelta(hours=3))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=NOW)
    opened._writer.exec_driver_sql("PRAGMA busy_timeout = 20")
    opened._writer.rollback()
    yield opened
    opened.close()


def alert(key: str) -> Alert:
    return Alert(
        key=key, rule="angry", on="mention", brand="acme", source="blog", created_at=NOW, title="Acme broke",
        channels=("screen",),
    )  # fmt: skip


def test_a_message_that_could_not_be_marked_is_marked_later_and_not_sent_again(tmp_path: Path, store: Store) -> None:
    with store.write() as tx:
        tx.add_alerts([alert("1" * 32)])
    channel = LockingChannel(tmp_path / "listener.db")
    planner = Planner({"screen": ConsoleSettings()}, ZoneInfo("UTC"))
    outbox = Outbox(store, {"screen": channel}, planner, lambda: NOW)
    with pytest.raises(DatabaseBusy):
        outbox.send_due(NOW)
    assert channel.other is not None
    with closing(channel.other) as other:
        other.execute("ROLLBACK")
    with store.write() as tx:
        tx.add_alerts([alert("2" * 32)])
    outbox.send_due(NOW)
    outbox.close(timedelta(seconds=10))
    assert len(channel.sent) == len(set(channel.sent)) == 2
    assert [one.status for one in store.deliveries()] == [DeliveryStatus.SENT] * 2


def test_what_could_not_be_marked_is_marked_when_the_outbox_is_closed(tmp_path: Path, store: Store) -> None:
    with store.write() as tx:
        tx.add_alerts([alert("1" * 32)])
    channel = LockingChannel(tmp_path / "listener.db")
    outbox = Outbox(store, {"screen": channel}, Planner({"screen": ConsoleSettings()}, ZoneInfo("UTC")), lambda: NOW)
    with pytest.raises(DatabaseBusy):
        outbox.send_due(NOW)
    assert channel.other is not None
    with closing(channel.other) as other:
        other.execute("ROLLBACK")
    outbox.close(timedelta(seconds=10))
    assert [one.status for one in store.deliveries()] == [DeliveryStatus.SENT]


def test_a_person_who_asks_for_another_attempt_ends_the_pause_of_a_channel(store: Store) -> None:
    with store.write() as tx:
        tx.add_alerts([alert("1" * 32)])
    channel = FailingChannel()
    outbox = Outbox(store, {"screen": channel}, Planner({"screen": ConsoleSettings()}, ZoneInfo("UTC")), lambda: NOW)
    outbox.send_due(NOW)
    with store.write() as tx:
        tx.add_alerts([alert("2" * 32)])
    outbox.send_due(NOW + timedelta(minutes=1))
    assert channel.attempts == 1
    channel.mended = True
    with store.write() as tx:
        assert tx.hurry_failed(None, NOW + timedelta(minutes=2)) == 1
    outbox.send_due(NOW + timedelta(minutes=2))
    outbox.close(timedelta(seconds=10))
    assert [one.status for one in store.deliveries()] == [DeliveryStatus.SENT] * 2
