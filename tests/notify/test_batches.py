"""What becomes of each delivery of a batch, whatever the channel answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.errors import (
    DeliveryError,
    MessageDeferred,
    MessageRefused,
    PermanentDeliveryError,
    TemporaryDeliveryError,
)
from listener.notify import send_batch
from listener.notify.batch import message_identity
from listener.types import Alert, Delivery, DeliveryStatus


class Scripted:
    """A channel that takes messages unless a key in them is poison, and notes what it took."""

    MESSAGE_LIMIT = 10

    def __init__(
        self, poison: Sequence[str] = (), fail: DeliveryError | None = None, after: int = 0, refused: str | None = None
    ) -> None:
        self.name = "channel"
        self.taken: list[list[str]] = []
        self.tried: list[str] = []
        self.left_out: list[Collection[str]] = []
        self._poison = set(poison)
        self._fail = fail
        self._after = after
        self._refused = refused

    def send(
        self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()
    ) -> str | None:
        self.tried.append(message_id)
        self.left_out.append(delivered)
        keys = [alert.key for alert in alerts]
        if self._fail is not None and len(self.taken) >= self._after:
            raise self._fail
        if self._poison & set(keys):
            raise MessageRefused("400 invalid_payload")
        self.taken.append(keys)
        return self._refused


def test_a_batch_that_is_taken_is_one_message(delivery: Callable[..., Delivery], now: datetime) -> None:
    channel = Scripted()
    result = send_batch(channel, [delivery(n) for n in range(4)], now)
    assert result.sent == (0, 1, 2, 3)
    assert (result.retry, result.dead, result.trouble, result.error) == ((), (), None, "")
    assert len(channel.taken) == 1


def test_a_message_that_some_receivers_never_get_is_sent_and_says_so(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    result = send_batch(Scripted(refused="the server refuses two@example.com"), [delivery(1), delivery(2)], now)
    assert result.sent == ()
    assert [(one.id, one.error) for one in result.partly] == [(n, "the server refuses two@example.com") for n in (1, 2)]
    assert (result.retry, result.dead, result.trouble) == ((), (), None)
    assert result.error == "the server refuses two@example.com"


def test_nothing_to_send_sends_nothing(now: datetime) -> None:
    channel = Scripted()
    assert send_batch(channel, [], now).sent == ()
    assert channel.tried == []


def test_a_temporary_failure_schedules_each_delivery_by_its_own_attempts(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    channel = Scripted(fail=TemporaryDeliveryError("busy"))
    result = send_batch(channel, [delivery(1), delivery(2, attempts=3), delivery(3, attempts=8)], now)
    assert result.sent == ()
    assert [one.id for one in result.retry] == [1, 2]
    assert timedelta(minutes=1) <= result.retry[0].at - now < timedelta(minutes=2)
    assert timedelta(hours=1) <= result.retry[1].at - now < timedelta(hours=2)
    assert [(one.id, one.error) for one in result.dead] == [(3, "busy")]
    assert str(result.trouble) == "busy"
    assert result.error == "busy"


def test_a_service_that_asks_for_patience_is_trouble_of_the_whole_channel(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    channel = Scripted(fail=TemporaryDeliveryError("429", retry_after=timedelta(minutes=20)))
    result = send_batch(channel, [delivery(1)], now)
    assert result.trouble is not None
    assert result.trouble.retry_after == timedelta(minutes=20)


def test_a_message_that_is_put_off_for_itself_holds_up_neither_the_channel_nor_the_rest(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    channel = Scripted(fail=MessageDeferred("450 greylisted", delivered=["one@example.com"]), after=1)
    waiting = replace(delivery(2), delivered_to=("two@example.com",))
    result = send_batch(channel, [delivery(1), waiting], now)
    assert result.sent == (1,)
    assert [(one.id, one.delivered_to) for one in result.retry] == [(2, ("one@example.com",))]
    assert result.trouble is None


def test_alerts_go_out_together_where_the_same_receivers_have_them(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    has_it = {n: ("one@example.com",) if n % 2 else () for n in range(4)}
    channel = Scripted()
    send_batch(channel, [replace(delivery(n), delivered_to=has_it[n]) for n in range(4)], now)
    assert channel.taken == [[delivery(n).alert.key for n in (0, 2)], [delivery(n).alert.key for n in (1, 3)]]
    assert channel.left_out == [(), ("one@example.com",)]


def test_who_has_a_message_is_not_forgotten_when_its_next_attempt_fails(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    channel = Scripted(fail=TemporaryDeliveryError("can't be reached"))
    result = send_batch(channel, [replace(delivery(1), delivered_to=("one@example.com",)), delivery(2)], now)
    assert {one.id: one.delivered_to for one in result.retry} == {1: ("one@example.com",), 2: ()}


def test_a_permanent_failure_of_the_channel_is_tried_once(delivery: Callable[..., Delivery], now: datetime) -> None:
    channel = Scripted(fail=PermanentDeliveryError("410 channel_is_archived"))
    result = send_batch(channel, [delivery(n) for n in range(5)], now)
    assert [one.id for one in result.dead] == [0, 1, 2, 3, 4]
    assert len(channel.tried) == 1
    assert result.error == "410 channel_is_archived"


def test_one_poisoned_alert_does_not_hold_the_others(delivery: Callable[..., Delivery], now: datetime) -> None:
    deliveries = [delivery(n) for n in range(16)]
    channel = Scripted(poison=[deliveries[5].alert.key])
    result = send_batch(channel, deliveries, now)
    assert sorted(result.sent) == [n for n in range(16) if n != 5]
    assert [one.id for one in result.dead] == [5]
    assert result.retry == ()
    assert len(channel.taken) == 4, "halves, not single messages"


def test_a_service_that_refuses_everything_is_not_asked_about_each_alert(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    deliveries = [delivery(n) for n in range(500)]
    channel = Scripted(poison=[one.alert.key for one in deliveries])
    result = send_batch(channel, deliveries, now)
    assert len(channel.tried) == 13
    assert result.sent == ()
    assert 1 <= len(result.dead) <= 4
    assert len(result.retry) == 500 - len(result.dead)
    assert {one.error for one in result.retry} == {"every message is refused: 400 invalid_payload"}
    assert result.trouble is not None


def test_a_channel_that_gives_up_between_the_halves_keeps_the_rest_for_later(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    deliveries = [delivery(n) for n in range(8)]
    channel = Scripted(poison=[deliveries[7].alert.key], fail=TemporaryDeliveryError("429"), after=1)
    result = send_batch(channel, deliveries, now)
    assert result.sent == (0, 1, 2, 3)
    assert [one.id for one in result.retry] == [4, 5, 6, 7]
    assert result.dead == ()


@given(data=st.data())
def test_every_delivery_ends_in_just_one_way(data: st.DataObject) -> None:
    now = datetime.fromisoformat("2026-11-20T09:30:00+00:00")
    count = data.draw(st.integers(0, 20))
    deliveries = [
        Delivery(
            id=n,
            alert_id=n,
            alert=Alert(key=str(n), rule="r", on="mention", brand=None, source=None, created_at=now, title="t"),
            channel="channel",
            status=DeliveryStatus.PENDING,
            attempts=data.draw(st.integers(0, 9)),
            due_at=now,
        )
        for n in range(count)
    ]
    failure = data.draw(st.sampled_from([None, TemporaryDeliveryError("t"), PermanentDeliveryError("p")]))
    poison = data.draw(st.sets(st.integers(0, 20)))
    channel = Scripted(poison=[str(n) for n in poison], fail=failure, after=data.draw(st.integers(0, 5)))
    result = send_batch(channel, deliveries, now)
    ends = [*result.sent, *(one.id for one in result.retry), *(one.id for one in result.dead)]
    assert sorted(ends) == list(range(count))
    assert sorted(int(key) for keys in channel.taken for key in keys) == sorted(result.sent)
    assert all(one.at > now for one in result.retry)


def test_a_message_keeps_its_id_over_attempts_and_shares_it_with_no_other(
    delivery: Callable[..., Delivery], now: datetime
) -> None:
    one, two = delivery(1), delivery(2)
    again = delivery(1, attempts=4)
    assert message_identity("mail", [one, two]) == message_identity("mail", [two, again])
    assert len({message_identity(name, part) for name in ("mail", "slack") for part in ([one], [two], [one, two])}) == 6


@pytest.mark.parametrize("number", [1, 3])
def test_message_ids_fit_into_headers(delivery: Callable[..., Delivery], number: int) -> None:
    identity = message_identity("Kanal ü", [delivery(n) for n in range(number)])
    assert len(identity) == 32
    assert identity.isalnum()
