"""Watched pages through the real daemon: which rule hears of which change, and that a captcha is none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.storage import Store
from tests.daemon.test_daemon import ROOT, until

# A process of its own, on a machine that may be busy.
pytestmark = pytest.mark.timeout(170)

SETTINGS = """\
[listener]
database = "test.db"
[fetch]
gap = "0s"
min_every = "1s"
allow_networks = ["127.0.0.0/8"]
[pages]
delay = "1s"
[brands.globex]
query = "Globex"
role = "competitor"
[brands.acme]
query = "Acme"
[sources.pricing]
scraper = "pricing"
also = ["faq", "landing"]
url = "{url}/pricing"
every = "1s"
brand = "globex"
[sources.status]
scraper = "status"
url = "{url}/incidents.json"
every = "1s"
brand = "globex"
[channels.screen]
type = "console"
[alerts.any-price]
on = "price"
channels = ["screen"]
[alerts.big-price]
on = "price"
percent_at_least = 15
channels = ["screen"]
[alerts.pro-price]
on = "price"
brands = ["globex"]
plans = ["Pro"]
channels = ["screen"]
[alerts.our-price]
on = "price"
brands = ["acme"]
channels = ["screen"]
[alerts.answers]
on = "faq"
channels = ["screen"]
[alerts.words]
on = "copy"
channels = ["screen"]
[alerts.outages]
on = "status"
channels = ["screen"]
"""
CAPTCHA = "<title>Just a moment...</title><h1>Verify you are human</h1><div class='g-recaptcha'></div>"


def pricing(*, starter: int, pro: int, days: int, headline: str) -> str:
    card = '<div class="card"><h3>{}</h3><p class="price">${}<span>/month</span></p><a href="/buy">Choose</a></div>'
    answers = "".join(
        f"<details><summary>{question}</summary><p>{answer}</p></details>"
        for question, answer in (
            ("Can I get a refund?", f"Within {days} days."),
            ("Can I pay by invoice?", "Yes, yearly."),
            ("Is there a trial?", "For two weeks."),
        )
    )
    plans = card.format("Starter", starter) + card.format("Pro", pro)
    return f"<title>Pricing</title><h1>{headline}</h1><section>{plans}</section><section>{answers}</section>"


class Site:
    """A competitor's site that changes between polls."""

    def __init__(self, server: HTTPServer) -> None:
        self.page = pricing(starter=100, pro=49, days=30, headline="Plans for teams")
        self.incidents: list[dict[str, object]] = []
        self.asked = 0
        server.expect_request("/robots.txt").respond_with_data("", status=404)
        server.expect_request("/pricing").respond_with_handler(self._pricing)
        server.expect_request("/incidents.json").respond_with_handler(
            lambda _: Response(json.dumps({"incidents": self.incidents}), content_type="application/json")
        )

    def _pricing(self, request: Request) -> Response:
        self.asked += 1
        return Response(self.page, content_type="text/html")


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    return Site(httpserver)


@contextmanager
def daemon(settings: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the daemon, its output in a file beside the settings; end it in the end."""
    with (settings.parent / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "listener", "-c", str(settings), "run"],
            cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=log, stderr=log, text=True,
        )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=50) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_each_rule_hears_of_its_changes_and_none_of_a_captcha(
    site: Site, httpserver: HTTPServer, tmp_path: Path
) -> None:
    settings = tmp_path / "listener.toml"
    settings.write_text(SETTINGS.format(url=httpserver.url_for("").rstrip("/")))

    def alerts() -> list[tuple[str, str]]:
        store = Store.open(tmp_path / "test.db", now=datetime.now(UTC), must_exist=True)
        try:
            return sorted((alert.rule, alert.title) for alert in store.iter_alerts())
        finally:
            store.close()

    with daemon(settings):
        until(lambda: site.asked >= 2)
        site.page = pricing(starter=105, pro=59, days=14, headline="Plans for everybody")
        site.incidents = [
            {"name": "Outage of the API", "status": "investigating", "impact": "major",
             "created_at": "2026-11-02T09:00:00Z"}
        ]  # fmt: skip
        until(lambda: {rule for rule, _ in alerts()} >= {"any-price", "answers", "words", "outages"})
        site.page = CAPTCHA
        until(lambda: "Not the page (captcha)" in (tmp_path / "log").read_text())
    told = alerts()
    starter = "globex: Starter raised from 100 USD per month to 105 USD per month (+5.0 %)"
    pro = "globex: Pro raised from 49 USD per month to 59 USD per month (+20.4 %)"
    assert told == [
        ("answers", "globex: answer edited: Can I get a refund?"),
        ("any-price", pro),
        ("any-price", starter),
        ("big-price", pro),
        ("outages", "globex: incident: Outage of the API"),
        ("pro-price", pro),
        ("words", "globex: headline changed: Plans for everybody"),
    ]
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "Rule: any-price, big-price, pro-price" in log
