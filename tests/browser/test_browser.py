"""Pages that scripts fill in, rendered by the real browser, from servers on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from pytest_httpserver import HTTPServer
from werkzeug import Request as Asked
from werkzeug import Response as Reply

from listener.browser import Browser, BrowserSettings, find_chromium
from listener.browser.processes import family
from listener.cli import group
from listener.fetch import Fetcher, FetchSettings, MemoryHosts
from listener.pages.response import facts_of
from listener.types import FetchResult, Outcome, Request, Validators

# A browser of its own for each, on a machine that may be busy.
pytestmark = pytest.mark.timeout(170)

needs_browser = pytest.mark.skipif(
    importlib.util.find_spec("playwright") is None or find_chromium() is None,
    reason="no Chromium here, or no Playwright: apt-get install chromium, pip install playwright",
)
SETTINGS = FetchSettings(
    user_agent="listener-test", gap=timedelta(0), allow_networks=(IPv4Network("127.0.0.1/32"),), host_gaps={}
)
SHELL = """<html lang="en"><head><title>Pricing</title></head><body><h1>Plans and pricing</h1><div id="plans"></div>
<img src="/picture.png"><link rel="stylesheet" href="/style.css"><script src="/app.js"></script></body></html>"""
APP = """fetch('%s').then(answer => answer.json()).then(plans => {
  document.getElementById('plans').innerHTML = plans.map(plan =>
    `<div class="card"><h3>${plan[0]}</h3><p class="price">$${plan[1]}/month</p><a href="/buy">Buy</a></div>`).join('');
});"""
PLANS = '[["Starter", 19], ["Team", 49]]'

Put = Callable[[str, str, str], None]


def browser(**bounds: Any) -> Browser:
    """Return a browser that may ask this machine's first address alone."""
    clock = lambda: datetime.now(UTC)  # noqa: E731
    web, assets = (Fetcher(SETTINGS, MemoryHosts(), clock=clock) for _ in range(2))
    return Browser(web, assets, replace(BrowserSettings(), **bounds), clock=clock)


def rendered(url: str, **bounds: Any) -> FetchResult:
    return browser(**bounds).fetch(Request(url=url, render=True), Validators())


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as site:
        yield site


@pytest.fixture
def put(server: HTTPServer) -> Put:
    """Return what puts one thing on the server: path, media type, text."""

    def one(path: str, kind: str, text: str) -> None:
        server.expect_request(path).respond_with_data(text, content_type=kind)

    one("/robots.txt", "text/plain", "User-agent: *\nDisallow: /private/\n")
    one("/pricing", "text/html", SHELL)
    return one


def paths(server: HTTPServer) -> set[str]:
    return {request.path for request, _ in server.log}


@needs_browser
def test_prices_that_a_script_fetches_are_read(server: HTTPServer, put: Put) -> None:
    put("/app.js", "text/javascript", APP % "/plans.json")
    put("/plans.json", "application/json", PLANS)
    before = family(os.getpid())
    result = rendered(server.url_for("/pricing"))
    assert result.response is not None, result.detail
    facts = facts_of(result.response, {"pricing"})
    assert [f"{plan.name} {plan.price}" for plan in facts.plans] == ["Starter 19", "Team 49"]
    assert facts.trouble is None
    assert paths(server) == {"/robots.txt", "/pricing", "/app.js", "/plans.json"}
    assert {request.headers["User-Agent"] for request, _ in server.log} == {"listener-test"}
    assert family(os.getpid()) == before


@needs_browser
def test_the_same_rendered_page_is_known_again_and_a_redirect_is_remembered(server: HTTPServer, put: Put) -> None:
    put("/app.js", "text/javascript", APP % "/plans.json")
    put("/plans.json", "application/json", PLANS)
    server.expect_request("/old").respond_with_data("", status=301, headers={"Location": "/pricing"})
    eyes, request = browser(), Request(url=server.url_for("/old"), render=True)
    first = eyes.fetch(request, Validators())
    again = eyes.fetch(request, first.validators)
    assert first.response is not None
    assert (first.response.url, first.same_body) == (server.url_for("/pricing"), False)
    assert (again.outcome, again.same_body) == (Outcome.OK, True)
    assert [asked.path for asked, _ in server.log].count("/old") == 1


@needs_browser
def test_neither_robots_txt_nor_private_addresses_are_passed_by_a_script(server: HTTPServer, put: Put) -> None:
    with HTTPServer(host="127.0.0.2") as inner:
        inner.expect_request(re.compile(".*")).respond_with_data("[]", content_type="application/json")
        inside = inner.url_for("/secret")
        server.expect_request("/leap").respond_with_data("", status=302, headers={"Location": inside})
        script = f"""fetch('{inside}'); fetch('/leap'); fetch('/private/plans'); new WebSocket('ws{inside[4:]}');
        navigator.sendBeacon('{inside}', 'x'); new Image().src = '{inside}';
        document.body.insertAdjacentHTML('beforeend', '<iframe src="{inside}"></iframe><p>all asked</p>');"""
        put("/app.js", "text/javascript", script)
        result = rendered(server.url_for("/pricing"))
        assert result.response is not None
        assert b"all asked" in result.response.body
        assert inner.log == []
    assert paths(server) == {"/robots.txt", "/pricing", "/app.js", "/leap"}


@needs_browser
def test_a_script_may_post_to_its_own_host_and_sends_no_cookies(server: HTTPServer, put: Put) -> None:
    def answer(request: Asked) -> Reply:
        assert request.get_data() == b'{"query":"plans"}'
        return Reply(PLANS, content_type="application/json")

    server.expect_request("/graphql", method="POST").respond_with_handler(answer)
    script = "document.cookie = 'a=b'; " + APP.replace("'%s'", """'/graphql', {method: 'POST', headers:
        {'content-type': 'application/json', 'x-key': '1'}, body: '{"query":"plans"}'}""")  # fmt: skip
    put("/app.js", "text/javascript", script)
    result = rendered(server.url_for("/pricing"))
    assert result.response is not None
    assert b"$49/month" in result.response.body
    (posted,) = [request for request, _ in server.log if request.method == "POST"]
    assert posted.headers["X-Key"] == "1"
    assert "Cookie" not in posted.headers


@needs_browser
def test_requests_are_bounded(server: HTTPServer, put: Put) -> None:
    put("/app.js", "text/javascript", "for (let n = 0; n < 50; n++) fetch('/plans.json?' + n)")
    put("/plans.json", "application/json", PLANS)
    assert rendered(server.url_for("/pricing"), requests_limit=6).worked
    assert [request.path for request, _ in server.log].count("/plans.json") == 5


@needs_browser
@pytest.mark.parametrize(
    ("script", "bounds", "words"),
    [
        ("for (;;) {}", {"seconds": 6.0}, "longer than 6 s"),
        ("", {"memory_limit": 60_000_000}, "more than 60,000,000 bytes of memory"),
        ("document.body.textContent = 'x'.repeat(3e6)", {"body_limit": 2_000_000}, "exceeds 2,000,000 bytes"),
    ],
    ids=["time", "memory", "size"],
)
def test_a_hostile_page_ends_within_its_bounds(
    server: HTTPServer, put: Put, script: str, bounds: dict[str, Any], words: str
) -> None:
    put("/app.js", "text/javascript", script)
    before = family(os.getpid())
    result = rendered(server.url_for("/pricing"), **bounds)
    assert result.outcome is Outcome.RENDER
    assert words in result.detail
    assert family(os.getpid()) == before


@needs_browser
def test_one_page_is_rendered_at_a_time(server: HTTPServer, put: Put) -> None:
    eyes = browser()
    second: list[FetchResult] = []

    def answer(request: Asked) -> Reply:
        second.append(eyes.fetch(Request(url=server.url_for("/pricing"), render=True), Validators()))
        return Reply("", content_type="text/javascript")

    server.expect_request("/app.js").respond_with_handler(answer)
    assert eyes.fetch(Request(url=server.url_for("/pricing"), render=True), Validators()).worked
    assert [result.outcome for result in second] == [Outcome.DEFERRED]
    assert second[0].retry_after is not None


@needs_browser
def test_what_is_no_page_comes_back_as_it_is(server: HTTPServer, put: Put) -> None:
    put("/data.json", "application/json", PLANS)
    result = rendered(server.url_for("/data.json"))
    assert result.response is not None
    assert result.response.body == PLANS.encode()
    assert rendered(server.url_for("/nothing")).outcome is not Outcome.OK


@needs_browser
def test_extract_renders_when_it_is_told_to(server: HTTPServer, put: Put, tmp_path: Path) -> None:
    put("/app.js", "text/javascript", APP % "/plans.json")
    put("/plans.json", "application/json", PLANS)
    settings = tmp_path / "listener.toml"
    settings.write_text('[fetch]\nallow_networks = ["127.0.0.1/32"]\ngap = "0s"\n')
    asked = ["-c", str(settings), "extract", server.url_for("/pricing"), "--json"]
    plain, full = (json.loads(CliRunner().invoke(group, [*asked, *more]).stdout) for more in ([], ["--render"]))
    assert (plain["trouble"], plain["plans"]) == ("script-prices", [])
    assert (full["trouble"], [plan["price"] for plan in full["plans"]]) == (None, [19, 49])


def test_without_the_extra_the_result_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = rendered("https://globex.example/pricing")
    assert result.outcome is Outcome.RENDER
    assert "social-listener[browser]" in result.detail
