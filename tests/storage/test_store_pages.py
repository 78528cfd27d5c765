"""Versions of pages, changes and ledgers, on each kind of database."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal

from listener.facts import Change, Copy, PageFacts, Plan, Price, Question
from listener.storage import Store
from tests.storage.stored_samples import DAY, HOUR, NOW, versions_of, with_sources

URL = "https://globex.example/pricing"


def snap(store: Store, body: bytes, at: datetime, url: str = URL) -> int:
    with store.write() as transaction:
        return transaction.add_snapshot(
            "page",
            url=url,
            taken_at=at,
            body_hash=hashlib.sha256(body).hexdigest(),
            body=body,
            headers={"content-type": "text/html"},
        )


def test_the_same_bytes_are_one_snapshot_that_was_seen_again(store: Store) -> None:
    with_sources(store, "page")
    first = snap(store, b"<p>49" * 1000, NOW)
    assert snap(store, b"<p>49" * 1000, NOW + DAY) == first
    (body,) = versions_of(store, "page")
    snapshot = store.pages.find_snapshot("page", hashlib.sha256(body).hexdigest())
    assert snapshot is not None
    assert (snapshot.taken_at, snapshot.last_seen_at, snapshot.body) == (NOW, NOW + DAY, b"<p>49" * 1000)
    assert (snapshot.url, snapshot.headers) == (URL, {"content-type": "text/html"})


def test_a_page_that_flaps_has_a_snapshot_for_each_turn_and_a_body_for_each_face(store: Store) -> None:
    with_sources(store, "page")
    for day, body in enumerate([b"a", b"b", b"a"]):
        snap(store, body, NOW + day * DAY)
    snap(store, b"a", NOW, "https://globex.example/")
    assert versions_of(store, "page", URL) == [b"a", b"b", b"a"]
    assert len(versions_of(store, "page")) == 4


def test_changes_come_back_with_their_values(store: Store) -> None:
    with_sources(store, "page")
    raised = Change(
        kind="price_raised",
        subject="Pro",
        before=Price(price=Decimal("49.90"), currency="USD", period="month"),
        after=Price(price=None, currency="USD", period=None),
        percent=20.4,
    )
    headline = Change(kind="headline_changed", subject="New\0", before="Old", after=None)
    with store.write() as transaction:
        ids = transaction.add_changes("page", "globex", URL, [raised, headline], NOW, "pending")
    first, second = store.pages.iter_changes()
    assert (first.change, first.status, first.confirmed_at) == (raised, "pending", None)
    assert (second.change.subject, second.change.before, second.change.after) == ("New\ufffd", "Old", None)
    with store.write() as transaction:
        transaction.set_change_status(ids[:1], "confirmed", NOW + HOUR)
        transaction.set_change_status(ids[1:], "flapping", NOW + HOUR)
    (confirmed,) = store.pages.iter_changes(status="confirmed", source="page", brands=["globex"])
    assert (confirmed.first_seen, confirmed.confirmed_at) == (NOW, NOW + HOUR)
    assert [change.confirmed_at for change in store.pages.iter_changes(status="flapping")] == [None]
    assert list(store.pages.iter_changes(NOW + HOUR)) == list(store.pages.iter_changes(brands=["acme"])) == []


def plan(price: str | None, name: str | None = "Pro") -> Plan:
    return Plan(name=name, price=None if price is None else Decimal(price), currency="USD", period="month")


def test_a_price_has_a_row_for_each_time_it_stood(store: Store) -> None:
    with_sources(store, "page")
    for day, price in enumerate(["49", "49.00", "59", "49", None]):
        facts = PageFacts(plans=(plan(price), plan("0.0000025", "Tokens"), plan("0.5", "Tokens")))
        with store.write() as transaction:
            transaction.save_facts("page", "globex", facts, NOW + day * DAY)
    rows = [(row.plan, row.price, row.first_seen.day, row.last_seen.day) for row in store.pages.iter_prices()]
    assert rows == [
        ("Pro", Decimal(49), 2, 3),
        ("Pro", Decimal(59), 4, 4),
        ("Pro", Decimal(49), 5, 5),
        ("Pro", None, 6, 6),
        ("Tokens", Decimal("0.0000025"), 2, 6),
    ]
    assert list(store.pages.iter_prices(["acme"])) == []


def test_claims_and_answers_know_when_they_were_seen(store: Store) -> None:
    with_sources(store, "page")
    saves = Copy(kind="claim", text="saves 10 hours a week", url="https://globex.example/why")
    for day, answer in enumerate(["30 days", "30 days", "14 days"]):
        facts = PageFacts(copy=(saves,) if day != 1 else (), questions=(Question(question="Refund?", answer=answer),))
        with store.write() as transaction:
            transaction.save_facts("page", "globex", facts, NOW + day * DAY)
    (claim,) = store.pages.iter_claims()
    assert (claim.kind, claim.text, claim.url) == ("claim", saves.text, saves.url)
    assert (claim.first_seen, claim.last_seen) == (NOW, NOW + 2 * DAY)
    answers = [
        (row.question, row.answer, row.first_seen, row.last_seen) for row in store.pages.iter_answers(["globex"])
    ]
    assert answers == [
        ("Refund?", "30 days", NOW, NOW + DAY),
        ("Refund?", "14 days", NOW + 2 * DAY, NOW + 2 * DAY),
    ]


def test_the_order_of_two_prices_of_one_name_is_no_change_of_either(store: Store) -> None:
    with_sources(store, "page")
    for day, shown in enumerate([("49", "99"), ("99", "49"), ("49", "99"), ("99",)]):
        with store.write() as transaction:
            transaction.save_facts("page", "globex", PageFacts(plans=tuple(map(plan, shown))), NOW + day * DAY)
    rows = [(row.price, row.first_seen, row.last_seen) for row in store.pages.iter_prices()]
    assert rows == [(Decimal(49), NOW, NOW + 2 * DAY), (Decimal(99), NOW + 3 * DAY, NOW + 3 * DAY)]


def test_what_stands_on_a_page_is_of_the_brand_that_the_page_is_of_now(store: Store) -> None:
    with_sources(store, "page")
    facts = PageFacts(
        plans=(plan("49"),),
        copy=(Copy(kind="claim", text="saves 10 hours a week"),),
        questions=(Question(question="Refund?", answer="30 days"),),
    )
    for day, brand in enumerate(["globex", "globex-cloud"]):
        with store.write() as transaction:
            transaction.save_facts("page", brand, facts, NOW + day * DAY)
    for found in (store.pages.iter_prices(), store.pages.iter_claims(), store.pages.iter_answers()):
        assert [(row.brand, row.first_seen) for row in found] == [("globex-cloud", NOW)]


def test_a_plan_that_went_and_came_back_was_not_there_in_between(store: Store) -> None:
    with_sources(store, "page")
    for day, names in enumerate([("Pro", "Team"), ("Team",), ("Pro", "Team")]):
        plans = tuple(plan("49", name) for name in names)
        with store.write() as transaction:
            transaction.save_facts("page", "globex", PageFacts(plans=plans), NOW + day * DAY)
    rows = [(row.plan, row.first_seen, row.last_seen) for row in store.pages.iter_prices()]
    assert rows == [("Pro", NOW, NOW), ("Pro", NOW + 2 * DAY, NOW + 2 * DAY), ("Team", NOW, NOW + 2 * DAY)]
