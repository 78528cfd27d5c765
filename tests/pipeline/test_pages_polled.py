"""Polling a competitor's page, with a real database and the real scraper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from listener.pages import response
from listener.pipeline import PollResult, poll
from listener.storage import Store
from listener.types import FetchResult, Outcome, Request, Response, Rule, Source
from listener.watch import accepting
from tests.pipeline.polling import Clock, PaperWeb, parts
from tests.storage.stored_samples import versions_of

PAGE = Source(name="globex-pricing", scraper="pricing", url="https://globex.example/pricing", brand="globex")
RULE = Rule(name="prices", on="price", brands=("globex",), channels=("screen",))
CAPTCHA = """<html><head><title>Just a moment...</title></head><body><h1>Verify you are human</h1>
<p>Complete the captcha below to continue.</p><div class="g-recaptcha"></div></body></html>"""

#: A page that says nothing of plans, and nothing of trouble.
WORDS = (
    "<html><title>Hetki</title><h1>Hetkinen</h1><p>Palaamme pian asiaan, kiitos kärsivällisyydestä.</p></html>".encode()
)


def html(pro: int, *, nonce: str = "", free: bool = True) -> bytes:
    card = '<div class="card"><h3>{}</h3><p class="price">${}<span>/month</span></p><a href="/buy">Choose</a></div>'
    cards = [card.format("Free", 0)] * free + [card.format("Starter", 19), card.format("Pro", pro)]
    return (
        f"<html><head><title>Pricing</title></head><body data-nonce='{nonce}'><h1>Plans that grow with you</h1>"
        f"<main><section class='plans'>{''.join(cards)}</section></main></body></html>"
    ).encode()


class Watching:
    """A page that is polled every quarter of an hour."""

    def __init__(self, folder: Path, rules: tuple[Rule, ...] = (RULE,)) -> None:
        self.clock = Clock()
        self.store = Store.open(folder / "listener.db", now=self.clock())
        self.web = PaperWeb(self.clock)
        self.parts = parts(self.store, self.web, self.clock, rules=rules)
        self.store.sync_sources([PAGE], self.clock(), spread=timedelta(0))

    def poll(self, page: bytes | Outcome) -> PollResult:
        self.clock.advance(timedelta(minutes=15))
        self.web.pages[PAGE.url] = page
        found = self.store.find_source(PAGE.name)
        assert found is not None
        return poll(PAGE, found.state, self.parts)

    def changes(self) -> list[tuple[str, str, float | None]]:
        return [(one.change.kind, one.change.subject, one.change.percent) for one in self.store.pages.iter_changes()]

    def prices(self) -> dict[str, list[Decimal | None]]:
        found: dict[str, list[Decimal | None]] = {}
        for one in self.store.pages.iter_prices():
            found.setdefault(one.plan, []).append(one.price)
        return found


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    page = Watching(tmp_path)
    yield page
    page.store.close()


@pytest.mark.parametrize("nonce", ["", "x"], ids=["answered 304", "with other bytes"])
def test_a_raised_price_is_told_once_when_it_is_confirmed(watching: Watching, nonce: str) -> None:
    results = [watching.poll(html(49)), watching.poll(html(59)), watching.poll(html(59, nonce=nonce))]
    results += [watching.poll(html(59, nonce=nonce))]
    assert [result.alerts for result in results] == [0, 0, 1, 0]
    assert watching.changes() == [("price_raised", "Pro", 20.4)]
    assert watching.prices()["Pro"] == [49, 59]
    (delivery,) = watching.store.deliveries()
    assert delivery.alert.title == "globex: Pro raised from 49 USD per month to 59 USD per month (+20.4 %)"


def test_while_a_change_waits_the_page_is_asked_again_soon(watching: Watching) -> None:
    watching.poll(html(49))
    watching.poll(html(59))
    found = watching.store.find_source(PAGE.name)
    assert found is not None
    assert found.state.due_at <= watching.clock() + timedelta(minutes=10)


def test_a_plan_that_is_gone_is_not_seen_any_longer(watching: Watching) -> None:
    for page in (html(49), html(49, free=False), html(49, free=False), html(49, free=False)):
        watching.poll(page)
    assert watching.changes() == [("plan_removed", "Free", None)]
    last = {one.plan: one.last_seen for one in watching.store.pages.iter_prices()}
    assert last["Free"] < last["Pro"]


def test_the_last_plan_of_a_page_is_not_seen_any_longer_once_it_is_gone(watching: Watching) -> None:
    only = html(49, free=False).replace(b"Starter", b"Pro").replace(b"$19", b"$49")
    watching.poll(only)
    watching.poll(only)
    last = watching.clock()
    for _ in range(4):
        watching.poll(WORDS)
    assert ("plan_removed", "Pro", None) in watching.changes()
    assert [one.last_seen for one in watching.store.pages.iter_prices()] == [last]


def test_a_price_of_another_currency_is_told_in_its_own(watching: Watching) -> None:
    for page in (html(49), html(49).replace(b"$", "€".encode()), html(59)):
        watching.poll(page)
        watching.poll(page)
    told = {one.alert.title: dict(one.alert.facts).get("History", "") for one in watching.store.deliveries()}
    since = f"per month since {watching.clock():%Y-%m-%d}"
    back = "globex: price of Pro changed from 49 EUR per month to 59 USD per month"
    assert told[back] == f"49 USD {since}; 49 EUR {since}"


def test_a_change_is_told_although_the_version_before_it_is_older_than_snapshots_are_kept(watching: Watching) -> None:
    watching.poll(html(49))
    watching.clock.advance(timedelta(days=300))
    watching.poll(html(59))
    watching.store.retain(watching.clock(), items=None, snapshots=timedelta(days=180))
    watching.poll(html(59))
    assert watching.changes() == [("price_raised", "Pro", 20.4)]
    watching.poll(html(59))
    assert watching.store.retain(watching.clock(), items=None, snapshots=timedelta(minutes=1)).snapshots == 1


def test_noise_is_no_change_and_takes_no_room(watching: Watching) -> None:
    for number in range(6):
        watching.poll(html(49, nonce=f"n{number}"))
    assert watching.changes() == []
    assert len(versions_of(watching.store, PAGE.name)) == 1


def test_a_captcha_is_a_page_in_trouble_and_drops_no_plans(watching: Watching) -> None:
    watching.poll(html(49))
    results = [watching.poll(CAPTCHA.encode()) for _ in range(3)]
    assert {result.outcome for result in results} == {Outcome.BLOCKED}
    assert watching.poll(html(49)).worked
    assert watching.changes() == []
    assert watching.store.deliveries() == []


def test_a_page_that_flaps_is_told_once(watching: Watching) -> None:
    alerts = sum(watching.poll(html(49 if number % 2 else 59)).alerts for number in range(12))
    (delivery,) = watching.store.deliveries()
    assert alerts == 1
    assert "alternates" in delivery.alert.title
    assert watching.changes() == []


def test_a_page_that_never_rests_is_told_once_asked_no_more_often_and_takes_no_room(watching: Watching) -> None:
    pages = [html(number) for number in range(50, 80)]
    alerts = [watching.poll(page).alerts for page in pages]
    assert (sum(alerts), alerts.index(1)) == (1, 6)
    assert watching.changes() == []
    found = watching.store.find_source(PAGE.name)
    assert found is not None
    assert found.state.due_at - watching.clock() > timedelta(minutes=10)
    assert len(versions_of(watching.store, PAGE.name)) < 9
    for _ in range(2):
        watching.poll(html(99))
    assert ("price_raised", "Pro", 98.0) in watching.changes()


def test_a_price_that_comes_back_is_told_although_its_version_was_forgotten(watching: Watching) -> None:
    for price in (49, 59):
        watching.poll(html(price))
        watching.poll(html(price))
    watching.clock.advance(timedelta(days=300))
    assert watching.store.retain(watching.clock(), items=None, snapshots=timedelta(days=180)).snapshots == 1
    watching.poll(html(49))
    watching.poll(html(49))
    assert [kind for kind, _, _ in watching.changes()] == ["price_raised", "price_lowered"]


def test_a_page_that_says_nothing_any_more_is_in_trouble_and_drops_no_plans(watching: Watching) -> None:
    watching.poll(html(49))
    results = [watching.poll(WORDS) for _ in range(4)]
    assert {result.outcome for result in results} == {Outcome.BLOCKED}
    assert "facts-gone" in results[0].detail
    assert f"listener sources accept {PAGE.name}" in results[0].detail
    assert watching.poll(html(59)).worked
    watching.poll(html(59))
    assert watching.changes() == [("price_raised", "Pro", 20.4)]
    assert {one.plan for one in watching.store.pages.iter_prices()} == {"Free", "Starter", "Pro"}


def believe(watching: Watching) -> None:
    found = watching.store.find_source(PAGE.name)
    assert found is not None
    with watching.store.write() as tx:
        tx.save_source(replace(found.state, page_state=accepting(found.state.page_state)))


def test_what_a_person_says_is_gone_for_good_is_told_as_gone(watching: Watching) -> None:
    watching.poll(html(49))
    assert watching.poll(WORDS).outcome is Outcome.BLOCKED
    believe(watching)
    assert [watching.poll(WORDS).worked for _ in range(3)] == [True, True, True]
    removed = {subject for kind, subject, _ in watching.changes() if kind == "plan_removed"}
    assert removed == {"Free", "Pro", "Starter"}
    watching.poll(html(49))
    watching.poll(html(49))
    assert watching.poll(WORDS).outcome is Outcome.BLOCKED


def test_a_page_that_speaks_again_has_lost_nothing(watching: Watching) -> None:
    watching.poll(html(49))
    watching.poll(WORDS)
    believe(watching)
    assert [watching.poll(page).worked for page in (WORDS, html(49), html(49))] == [True, True, True]
    assert watching.changes() == []
    assert watching.poll(WORDS).outcome is Outcome.BLOCKED


def test_trouble_of_a_page_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    page = Watching(tmp_path, rules=(RULE, Rule(name="trouble", on="source", channels=("screen",))))
    odd = [CAPTCHA.encode(), b"<html><title>404</title><h1>Page not found</h1></html>", b"<div id='root'></div>"]
    alerts = [page.poll(one).alerts for one in (html(49), *odd, *odd, html(49), html(49))]
    assert alerts == [0, 0, 1, 0, 0, 0, 0, 1, 0]
    titles = [delivery.alert.title for delivery in page.store.deliveries()]
    assert [("failing since" in title, "recovered" in title) for title in titles] == [(False, True), (True, False)]
    assert page.changes() == []
    page.store.close()


def test_a_page_that_has_not_changed_is_not_read_again(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    watching.poll(html(49))
    watching.poll(html(49))
    read: list[str] = []
    monkeypatch.setattr(response, "read_facts", lambda *_: read.append("page"))
    assert watching.poll(html(49)).outcome is Outcome.NOT_MODIFIED
    body = html(49)
    same = FetchResult(
        request=Request(url=PAGE.url),
        outcome=Outcome.OK,
        response=Response(
            request=Request(url=PAGE.url), url=PAGE.url, status=200, headers={}, body=body, fetched_at=watching.clock()
        ),
        same_body=True,
    )
    watching.clock.advance(timedelta(minutes=15))
    watching.web.pages[PAGE.url] = same
    found = watching.store.find_source(PAGE.name)
    assert found is not None
    assert poll(PAGE, found.state, watching.parts).worked
    assert read == []
