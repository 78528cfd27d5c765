"""What was sent is not sent again because the database could not be told."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listener.alerts import Planner
from listener.channels import ConsoleSettings
from listener.errors import DatabaseBusy, MessageDeferred, TemporaryDeliveryError
from listener.outbox import Outbox
from listener.storage import Store
from listener.types import Alert, Channel, DeliveryStatus

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


class LockingChannel:
    """Takes a message, and another program locks the database in that moment."""

    MESSAGE_LIMIT = 500

    def __init__(self, path: Path) -> None:
        self.name = "screen"
        self.sent: list[str] = []
        self._path = path
        self.other: sqlite3.Connection | None = None

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()) -> None:
        self.sent.append(message_id)
        if self.other is None:
            self.other = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self.other.execute("BEGIN IMMEDIATE")


class FailingChannel:
    """Fails until it is mended."""

    MESSAGE_LIMIT = 500

    def __init__(self, retry_after: timedelta | None = timedelta(hours=3)) -> None:
        self.name = "screen"
        self.mended = False
        self.attempts = 0
        self._retry_after = retry_after

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()) -> None:
        self.attempts += 1
        if not self.mended:
            raise TemporaryDeliveryError("not now", retry_after=self._retry_after)


class ChoosyChannel:
    """Reaches one of two receivers; the other puts off what is about anything but `taken`."""

    MESSAGE_LIMIT = 500

    def __init__(self) -> None:
        self.name = "screen"
        self.taken: set[str] = set()
        self.reached: list[tuple[str, str]] = []

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()) -> None:
        for key in [alert.key[0] for alert in alerts]:
            for receiver in {"one", "two"} - set(delivered):
                if receiver == "one" or key in self.taken:
                    self.reached.append((receiver, key))
        if not {alert.key[0] for alert in alerts} <= self.taken:
            raise MessageDeferred("450 two: greylisted", delivered=["one"])


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


def outbox_of(store: Store, channel: Channel, clock: list[datetime]) -> Outbox:
    planner = Planner({"screen": ConsoleSettings()}, ZoneInfo("UTC"))
    return Outbox(store, {"screen": channel}, planner, lambda: clock[-1])


def add(store: Store, key: str) -> None:
    with store.write() as tx:
        tx.add_alerts([alert(key * 32)])


def test_who_has_a_message_is_known_after_a_restart(store: Store) -> None:
    channel, clock = ChoosyChannel(), [NOW]
    add(store, "1")
    first = outbox_of(store, channel, clock)
    first.send_due(NOW)
    first.close(timedelta(seconds=10))
    assert [one.delivered_to for one in store.deliveries()] == [("one",)]
    channel.taken.add("1")
    clock.append(NOW + timedelta(minutes=2))
    again = outbox_of(store, channel, clock)
    again.send_due(clock[-1])
    again.close(timedelta(seconds=10))
    assert channel.reached == [("one", "1"), ("two", "1")]
    assert [(one.status, one.delivered_to) for one in store.deliveries()] == [(DeliveryStatus.SENT, ())]


def test_a_message_that_waits_for_one_of_its_receivers_holds_up_no_other(store: Store) -> None:
    channel, clock = ChoosyChannel(), [NOW]
    add(store, "1")
    outbox = outbox_of(store, channel, clock)
    outbox.send_due(NOW)
    channel.taken.add("2")
    add(store, "2")
    clock.append(NOW + timedelta(seconds=5))
    outbox.send_due(clock[-1])
    outbox.close(timedelta(seconds=10))
    assert {one.alert.key[0]: one.status for one in store.deliveries()} == {
        "1": DeliveryStatus.PENDING,
        "2": DeliveryStatus.SENT,
    }


def test_new_alerts_try_a_failing_channel_within_a_quarter_of_an_hour_however_long_the_old_ones_wait(
    store: Store,
) -> None:
    channel, clock = FailingChannel(retry_after=None), [NOW]
    add(store, "1")
    outbox = outbox_of(store, channel, clock)
    for minutes in (0, 2, 8, 30, 120, 400):
        clock.append(NOW + timedelta(minutes=minutes))
        outbox.send_due(clock[-1])
    assert channel.attempts == 6
    (old,) = store.deliveries()
    assert old.due_at > clock[-1] + timedelta(hours=5), "its own next attempt is far away"
    channel.mended = True
    add(store, "2")
    clock.append(clock[-1] + timedelta(minutes=5))
    outbox.send_due(clock[-1])
    assert channel.attempts == 6, "left alone for a while"
    clock.append(clock[-1] + timedelta(minutes=12))
    outbox.send_due(clock[-1])
    outbox.send_due(clock[-1])
    outbox.close(timedelta(seconds=10))
    assert [one.status for one in store.deliveries()] == [DeliveryStatus.SENT] * 2, "the old one needn't wait any more"


def test_new_alerts_wait_as_long_as_a_service_asks_for(store: Store) -> None:
    channel, clock = FailingChannel(), [NOW]
    add(store, "1")
    outbox = outbox_of(store, channel, clock)
    outbox.send_due(NOW)
    channel.mended = True
    add(store, "2")
    clock.append(NOW + timedelta(hours=2, minutes=59))
    outbox.send_due(clock[-1])
    assert channel.attempts == 1
    clock.append(NOW + timedelta(hours=3, minutes=19))
    outbox.send_due(clock[-1])
    outbox.send_due(clock[-1])
    outbox.close(timedelta(seconds=10))
    assert [one.status for one in store.deliveries()] == [DeliveryStatus.SENT] * 2


def test_a_restart_doesn_t_ask_a_service_sooner_than_it_wants(store: Store) -> None:
    channel, clock = FailingChannel(), [NOW]
    add(store, "1")
    first = outbox_of(store, channel, clock)
    first.send_due(NOW)
    first.close(timedelta(seconds=10))
    channel.mended = True
    add(store, "2")
    again = outbox_of(store, channel, clock)
    again.send_due(NOW + timedelta(hours=2))
    assert channel.attempts == 1
    clock.append(NOW + timedelta(hours=3, minutes=19))
    again.send_due(clock[-1])
    again.send_due(clock[-1])
    again.close(timedelta(seconds=10))
    assert [one.status for one in store.deliveries()] == [DeliveryStatus.SENT] * 2
    assert store.list_meta("channel_paused:") == {}


def test_a_pause_by_a_clock_that_was_set_back_since_is_none(store: Store) -> None:
    channel, clock = FailingChannel(), [NOW + timedelta(days=30)]
    add(store, "1")
    first = outbox_of(store, channel, clock)
    first.send_due(clock[-1])
    first.close(timedelta(seconds=10))
    add(store, "2")
    clock.append(NOW)
    again = outbox_of(store, channel, clock)
    again.send_due(NOW)
    again.close(timedelta(seconds=10))
    assert channel.attempts == 2


def test_a_person_who_asked_for_another_attempt_before_a_restart_is_heard_after_it(store: Store) -> None:
    channel, clock = FailingChannel(), [NOW]
    add(store, "1")
    first = outbox_of(store, channel, clock)
    first.send_due(NOW)
    first.close(timedelta(seconds=10))
    with store.write() as tx:
        assert tx.hurry_failed(None, NOW + timedelta(minutes=2)) == 1
    again = outbox_of(store, channel, clock)
    again.send_due(NOW + timedelta(minutes=2))
    again.close(timedelta(seconds=10))
    assert channel.attempts == 2
