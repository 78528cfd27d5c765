"""`listener backfill` against a site on this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from listener.cli import group
from listener.storage import Store

SETTINGS = """\
[listener]
database = "listener.db"
[fetch]
gap = "0s"
allow_networks = ["127.0.0.0/8"]
[brands.acme]
query = "Acme"
[sources.blog]
url = "{blog}"
"""
NOW = datetime.now(UTC).replace(microsecond=0)


def entries(first: int) -> list[dict[str, str]]:
    return [
        {
            "id": str(age),
            "url": f"https://blog.example/{age}",
            "content_text": "Acme fails, terrible",
            "date_published": (NOW - timedelta(days=age)).isoformat(),
        }
        for age in range(first, first + 3)
    ]


@pytest.fixture
def settings(tmp_path: Path, httpserver: HTTPServer) -> Path:
    """Return a settings file with a feed of two pages."""
    first = {"items": entries(1), "next_url": "/feed?page=2"}
    httpserver.expect_request("/feed", query_string="page=2").respond_with_json({"items": entries(4)})
    httpserver.expect_request("/feed", query_string="").respond_with_json(first)
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS.format(blog=httpserver.url_for("/feed")), encoding="utf-8")
    return path


def run(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(group, ["--config", str(settings), "backfill", *words])


def test_the_past_is_stored_and_a_dry_run_only_tells_of_it(settings: Path) -> None:
    since = (NOW - timedelta(days=30)).date().isoformat()
    tried = run(settings, "blog", "--since", since, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "6 items" in tried.output
    assert "Nothing was stored." in tried.output
    assert not settings.with_name("listener.db").exists()
    done = run(settings, "blog", "--since", since)
    assert "2 requests; 6 items" in done.output
    assert "6 of them new" in done.output
    assert "The source shows nothing older." in done.output
    store = Store.open(settings.with_name("listener.db"), now=NOW)
    assert sum(row.mentions for row in store.iter_trends()) == 6
    assert list(store.iter_alerts()) == []
    store.close()
    again = run(settings, "blog", "--since", since, "--dry-run")
    assert "0 of them new, 6 known" in again.output


def test_a_running_daemon_is_not_disturbed(settings: Path) -> None:
    store = Store.open(settings.with_name("listener.db"), now=NOW)
    with store.hold():
        refused = run(settings, "blog", "--since", "2026-01-01")
    store.close()
    assert refused.exit_code != 0
    assert refused.exception is not None
    assert "two programs can't keep one distance" in str(refused.exception)


def test_a_source_that_can_not_page_back_says_so(settings: Path, httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_json({"items": entries(1)})
    done = run(settings, "blog", "--since", "2020-01-01")
    assert "blog can't page back: this is all that it shows." in done.output


def test_a_run_that_reaches_its_limit_says_how_to_go_on(settings: Path) -> None:
    done = run(settings, "blog", "--since", "2020-01-01", "--requests", "1")
    assert "Not at the end: 1 requests were made. Run it again to go on." in done.output
    rest = run(settings, "blog", "--since", "2020-01-01")
    assert "Went on from where an earlier run was broken off." in rest.output


def test_a_run_that_read_nothing_is_not_to_be_gone_on_with(settings: Path, httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=404)
    done = run(settings, "blog", "--since", "2020-01-01")
    assert done.exit_code == 1
    assert done.output.endswith("answers 404 Not Found.\n")


def test_times_are_told_by_the_clocks_of_the_settings(settings: Path) -> None:
    settings.write_text(
        settings.read_text().replace("[listener]", '[listener]\ntimezone = "Asia/Kolkata"', 1), encoding="utf-8"
    )
    done = run(settings, "blog", "--since", "2020-01-01")
    oldest = (NOW - timedelta(days=6)).astimezone(ZoneInfo("Asia/Kolkata"))
    assert "6 items since 2020-01-01 00:00, 6 of them new" in done.output
    assert f"The oldest is of {oldest:%Y-%m-%d %H:%M}." in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("blogg", "--since", "2020-01-01"), "Did you mean 'blog'?"),
        (("blog", "--since", "2999-01-01"), "must not be in the future"),
    ],
)
def test_slips_are_told(settings: Path, words: tuple[str, ...], said: str) -> None:
    done = run(settings, *words)
    assert done.exit_code != 0
    assert said in f"{done.output} {done.exception}"
