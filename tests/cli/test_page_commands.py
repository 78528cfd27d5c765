"""`listener changes`, `prices` and the like, over a page that was polled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from listener.cli import group
from listener.cli.pages import price_cells
from listener.storage import StoredPrice
from listener.types import Source
from tests.pipeline.polling import START
from tests.pipeline.test_pages_polled import WORDS, Watching, html

SETTINGS = """\
[listener]
timezone = "Asia/Kolkata"
[brands.globex]
query = "Globex"
"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Watching]:
    (tmp_path / "listener.toml").write_text(SETTINGS)
    watched = Watching(tmp_path)
    yield watched
    watched.store.close()


def run(tmp_path: Path, *arguments: str) -> str:
    done = CliRunner().invoke(group, ["-c", str(tmp_path / "listener.toml"), *arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def polled(page: Watching, *versions: bytes) -> None:
    for version in versions:
        page.poll(version)


def test_a_change_that_waits_for_a_second_look_is_told_as_waiting(page: Watching, tmp_path: Path) -> None:
    polled(page, html(49), html(59))
    output = run(tmp_path, "changes", "--days", "9999")
    assert "No change of a page" in output
    # The second poll of the simulated clock, at 08:30 UTC.
    assert "globex-pricing: something differs since 2026-11-02 14:00" in output
    polled(page, html(59))
    output = run(tmp_path, "changes", "--days", "9999")
    assert "globex: Pro raised from 49 USD per month" in output
    assert "something differs" not in output


def test_a_plan_that_was_renamed_is_told_by_both_names(page: Watching, tmp_path: Path) -> None:
    renamed = html(49).replace(b"Pro<", b"Team<")
    polled(page, html(49), renamed, renamed)
    (change,) = [json.loads(line) for line in run(tmp_path, "changes", "--days", "9999", "--json").splitlines()]
    assert (change["kind"], change["subject"]) == ("plan_renamed", "Team")
    assert change["before"] == {"price": 49.0, "currency": "USD", "period": "month", "name": "Pro"}
    (delivery,) = page.store.deliveries()
    assert delivery.alert.title == "globex: plan Pro is now called Team"
    assert "plan Pro is now called Team" in run(tmp_path, "changes", "--days", "9999").replace("\n", " ")


def test_what_stands_on_the_page_is_told_from_what_stood_there(page: Watching, tmp_path: Path) -> None:
    without = html(49, free=False)
    polled(page, html(49), without, without, without)
    lines = {line.split()[1]: line.rstrip() for line in run(tmp_path, "prices").splitlines()[1:]}
    assert lines["Pro"].endswith("now")
    assert lines["Free"].endswith("2026-11-02")


def test_the_last_plan_of_a_page_stands_there_no_longer_once_it_is_gone(page: Watching, tmp_path: Path) -> None:
    only = html(49, free=False).replace(b"Starter", b"Pro").replace(b"$19", b"$49")
    polled(page, only, only, WORDS, WORDS, WORDS)
    (line,) = run(tmp_path, "prices").splitlines()[1:]
    assert line.rstrip().endswith("2026-11-02")


def test_no_text_of_a_page_reaches_the_terminal_as_a_command(page: Watching, tmp_path: Path) -> None:
    before, after = (
        html(price).replace(b"Pro<", b"Pro&#27;]0;mine&#7;&#155;2J&#x202e;<").replace(b"that", b"&#27;[8mthat")
        for price in (49, 59)
    )
    polled(page, before, after, after)
    for arguments in (("changes", "--days", "9999"), ("prices",), ("claims",)):
        output = run(tmp_path, *arguments)
        assert not set(output) & {"\x1b", "\x07", "\x9b", "\u202e"}, arguments
    assert "Pro]0;mine" in run(tmp_path, "prices")


def test_a_plan_that_was_gone_and_came_back_at_its_price_is_told_with_that_price_once() -> None:
    price = StoredPrice(
        source="plans", brand="globex", plan="Pro", period="month", unit="", currency="USD", price=Decimal("49.00"),
        first_seen=START, last_seen=START,
    )  # fmt: skip
    assert price_cells([price, price]) == ("Pro", "49 USD per month", "")
    plan, line, drawn = price_cells(
        [price, price, replace(price, price=Decimal(59)), replace(price, price=Decimal(59))]
    )
    assert (plan, line, len(drawn)) == ("Pro", "49 → 59 USD per month", 2)


@pytest.mark.parametrize("command", ["changes", "prices", "faq", "claims"])
def test_a_brand_that_is_not_there_is_told_and_not_taken_for_one_without_pages(
    page: Watching, tmp_path: Path, command: str
) -> None:
    polled(page, html(49))
    done = CliRunner().invoke(group, ["-c", str(tmp_path / "listener.toml"), command, "--brand", "globx"])
    assert done.exit_code == 1
    assert "Did you mean 'globex'?" in str(done.exception)


@pytest.mark.parametrize("command", ["changes", "prices"])
def test_the_name_that_a_brand_had_before_still_finds_what_its_pages_said(
    page: Watching, tmp_path: Path, command: str
) -> None:
    polled(page, html(49), html(59), html(59))
    (source,) = page.store.list_sources()
    renamed = Source(name=source.name, scraper=source.scraper, url=source.url, brand="initech")
    page.store.sync_sources([renamed], source.state.due_at, spread=timedelta(0))
    (tmp_path / "listener.toml").write_text(SETTINGS.replace("globex", "initech"))
    assert run(tmp_path, command, "--brand", "globex", "--json")
    assert run(tmp_path, "export", "changes", "--brand", "globex").count("price_raised") == 1
