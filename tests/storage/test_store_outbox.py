"""Alerts and their deliveries, on each kind of database."""

from __future__ import annotations

from listener.storage import Store
from listener.types import Delivery, DeliveryStatus
from tests.storage.stored_samples import DAY, HOUR, NOW, alert


def waiting(store: Store, hours: int = 0) -> list[Delivery]:
    return store.due_deliveries(NOW + hours * HOUR, limit=100)


def test_an_alert_comes_back_in_each_of_its_deliveries(store: Store) -> None:
    stored = alert()
    with store.write() as transaction:
        assert transaction.add_alerts([stored], {(stored.key, "slack"): NOW + HOUR}) == 1
    (mail,) = waiting(store)
    assert (mail.alert, mail.channel, mail.status, mail.attempts) == (stored, "mail", DeliveryStatus.PENDING, 0)
    assert [delivery.channel for delivery in waiting(store, 1)] == ["mail", "slack"]
    assert store.next_delivery_due() == NOW


def test_the_same_cause_makes_one_alert(store: Store) -> None:
    with store.write() as transaction:
        assert transaction.add_alerts([alert("a"), alert("a"), alert("b")]) == 2
    with store.write() as transaction:
        assert transaction.add_alerts([alert("a")]) == 0
    assert len(waiting(store)) == 4


def test_a_delivery_is_marked_once(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert()])
    mail, slack = waiting(store)
    with store.write() as transaction:
        assert transaction.mark_sent([mail.id], NOW + HOUR) == 1
        assert transaction.mark_sent([mail.id], NOW + DAY) == 0
        assert transaction.mark_dead([mail.id], "late") == 0
        assert transaction.mark_retry([slack.id], NOW + DAY, "503") == 1
    assert waiting(store) == []
    assert store.next_delivery_due() == NOW + DAY
    sent, retried = store.deliveries(status=DeliveryStatus.SENT), store.deliveries(status=DeliveryStatus.PENDING)
    assert [(d.id, d.attempts, d.sent_at) for d in sent] == [(mail.id, 1, NOW + HOUR)]
    assert [(d.id, d.attempts, d.last_error) for d in retried] == [(slack.id, 1, "503")]


def test_dead_deliveries_wait_again_when_asked(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert()])
    mail, slack = waiting(store)
    with store.write() as transaction:
        transaction.mark_dead([mail.id, slack.id], "no such channel")
    assert store.counts().dead == 2
    assert store.next_delivery_due() is None
    with store.write() as transaction:
        assert transaction.requeue_dead([mail.id], NOW) == 1
        assert transaction.requeue_dead(None, NOW) == 1
    assert [(delivery.attempts, delivery.status) for delivery in waiting(store)] == [(0, "pending"), (0, "pending")]


def test_a_delivery_that_waits_after_a_failure_can_be_hurried_and_no_other(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a"), alert("b"), alert("c")], {("c", "mail"): NOW + HOUR})
    ids = {(one.alert.key, one.channel): one.id for one in store.deliveries()}
    with store.write() as transaction:
        transaction.mark_retry([ids["a", "mail"], ids["b", "mail"]], NOW + 5 * HOUR, "busy")
        transaction.mark_dead([ids["a", "slack"]], "gone")
        assert transaction.hurry_failed([ids["a", "mail"], ids["a", "slack"], ids["c", "mail"]], NOW) == 1
        assert transaction.hurry_failed(None, NOW - HOUR) == 2
    due = {(one.alert.key, one.channel): (one.attempts, one.due_at) for one in store.deliveries()}
    assert due["a", "mail"] == due["b", "mail"] == (1, NOW - HOUR)
    assert due["c", "mail"] == (0, NOW + HOUR)


def test_deliveries_are_listed_by_what_is_asked_for(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a"), alert("b", at=NOW + HOUR, channels=["mail"])])
    assert [delivery.alert.key for delivery in store.deliveries()] == ["b", "a", "a"]
    assert [delivery.alert.key for delivery in store.deliveries(channel="mail")] == ["b", "a"]
    assert [delivery.alert.key for delivery in store.deliveries(since=NOW + HOUR)] == ["b"]
    assert store.deliveries(brand="globex") == store.deliveries(rule="calm") == []
    assert len(store.deliveries(rule="angry", brand="acme", limit=2)) == 2


def test_alerts_are_listed_with_what_became_of_them(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a"), alert("b", at=NOW + HOUR, channels=[])])
        transaction.mark_sent([1], NOW)
    first, second = store.iter_alerts()
    assert first.deliveries == (("mail", "sent", 1, NOW, ""), ("slack", "pending", 0, None, ""))
    assert second.deliveries == ()
    assert [stored.key for stored in store.iter_alerts(NOW + HOUR)] == ["b"]
    assert list(store.iter_alerts(brands=["globex"])) == []


def test_a_delivery_planned_by_a_clock_since_set_back_is_due(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a", at=NOW + 900 * DAY)])
        transaction.add_alerts([alert("b")], {("b", "mail"): NOW + 2 * HOUR, ("b", "slack"): NOW + 2 * HOUR})
    assert store.mend_clock(NOW)
    assert {delivery.alert.key for delivery in waiting(store)} == {"a"}


def test_another_attempt_planned_by_a_clock_since_set_back_is_due_too(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a", channels=["mail"]), alert("b", channels=["mail"])])
        transaction.mark_retry([1], NOW + 365 * DAY, "the server said 421")
        transaction.mark_retry([2], NOW + DAY, "the server said 421")
    assert store.mend_clock(NOW)
    assert {delivery.alert.key for delivery in waiting(store)} == {"a"}
    assert not store.mend_clock(NOW)
