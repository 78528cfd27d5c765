"""The scrapers of pages: what they ask for, and what they make of what comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from listener.errors import ParseError
from listener.plugins import Scrapers
from listener.types import Parsed, Request, Response, Scraper, Source

PAGE = """<html lang="en"><head><title>Acme pricing</title></head><body><nav><a href="/">Home</a></nav>
<main><h1>Plans that grow with you</h1><p>Start small, stay as long as you like, leave when you want.</p>
<div class="card"><h3>Solo</h3><p class="price">€9/month</p><a class="btn">Start Solo</a></div>
<div class="card"><h3>Crew</h3><p class="price">€29/month</p><a class="btn">Start Crew</a></div>
<section class="faq"><h2>FAQ</h2><details><summary>May I cancel?</summary><p>Always.</p></details></section>
<p class="stamp">Updated 12:04:55</p></main></body></html>"""


def scraper_of(name: str) -> Scraper:
    return Scrapers().get(name)


def options_of(scraper: Scraper, **given: Any) -> Any:
    assert scraper.Options is not None
    return msgspec.convert(given, scraper.Options)


def parse(
    name: str, body: str, *, url: str = "https://acme.example/pricing", got: str | None = None, **given: Any
) -> Parsed:
    scraper = scraper_of(name)
    options = options_of(scraper, **given) if scraper.Options else None
    source = Source(name="acme", scraper=name, url=url, options=options)
    request = next(iter(scraper.requests(source, {})))
    assert isinstance(request, Request)
    assert request.url == url
    response = Response(
        request=request,
        url=got or url,
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        body=body.encode(),
        fetched_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
    return scraper.parse(response, source)


def test_pricing_reads_plans_and_only_them() -> None:
    facts = parse("pricing", PAGE).facts
    assert facts is not None
    assert [(plan.name, plan.period) for plan in facts.plans] == [("Solo", "month"), ("Crew", "month")]
    assert facts.questions == ()
    assert facts.trouble is None


def test_pricing_reads_the_rest_of_its_page_where_asked_to() -> None:
    facts = parse("pricing", PAGE, also=["faq", "landing"]).facts
    assert facts is not None
    assert [each.question for each in facts.questions] == ["May I cancel?"]
    assert facts.copy[0].text == "Plans that grow with you"


def test_faq_reads_questions() -> None:
    facts = parse("faq", PAGE).facts
    assert facts is not None
    assert [(each.question, each.answer) for each in facts.questions] == [("May I cancel?", "Always.")]
    assert facts.plans == ()


def test_landing_reads_copy() -> None:
    facts = parse("landing", PAGE).facts
    assert facts is not None
    assert [(each.kind, each.text) for each in facts.copy][:2] == [
        ("headline", "Plans that grow with you"),
        ("subhead", "Start small, stay as long as you like, leave when you want."),
    ]
    assert [each.text for each in facts.copy if each.kind == "cta"] == ["Start Solo", "Start Crew"]


def test_a_request_that_ends_at_the_front_page_is_trouble() -> None:
    facts = parse("pricing", PAGE, got="https://acme.example/").facts
    assert facts is not None
    assert facts.trouble == "redirected-home"


def test_page_reads_what_is_selected_without_what_is_excluded_and_ignored() -> None:
    facts = parse("page", PAGE, select=["main"], exclude=[".card", ".faq"], ignore=[r"\d\d:\d\d:\d\d"]).facts
    assert facts is not None
    assert facts.text.splitlines() == [
        "Plans that grow with you",
        "Start small, stay as long as you like, leave when you want.",
        "Updated",
    ]


def test_page_without_a_selection_reads_the_main_text() -> None:
    body = "<nav>Home News Contact</nav><article>" + "<p>We moved the launch to May, for good reasons.</p>" * 8
    facts = parse("page", f"<html><body>{body}</article><footer>Imprint</footer></body></html>").facts
    assert facts is not None
    assert "We moved the launch to May" in facts.text
    assert "Imprint" not in facts.text


def test_page_says_when_a_selection_matches_nothing() -> None:
    with pytest.raises(ParseError, match="nothing on the page matches"):
        parse("page", PAGE, select=["#gone"])


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"select": ["main >"]}, "not a CSS selector"),
        ({"ignore": ["(a+)+b"]}, "repeats what repeats"),
        ({"ignore": ["(unclosed"]}, "not a regular expression"),
    ],
)
def test_a_bad_option_of_page_is_told_before_anything_runs(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        options_of(scraper_of("page"), **given)


ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Globex Status - Incident History</title><entry>
<id>tag:status.globex.example,2005:Incident/1</id>
<published>2026-10-03T08:10:00Z</published><updated>2026-10-03T11:40:00Z</updated>
<link rel="alternate" type="text/html" href="https://status.globex.example/incidents/1"/>
<title>Elevated errors in the API</title>
<content type="html">&lt;p&gt;&lt;small&gt;Oct &lt;var&gt;3&lt;/var&gt;, &lt;var&gt;11:40&lt;/var&gt; UTC&lt;/small&gt;
&lt;br&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - All is well again.&lt;/p&gt;
&lt;p&gt;&lt;small&gt;Oct &lt;var&gt;3&lt;/var&gt;, &lt;var&gt;08:10&lt;/var&gt; UTC&lt;/small&gt;
&lt;br&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We are looking into it.&lt;/p&gt;</content></entry></feed>"""


def test_an_outage_in_a_status_feed_is_an_item_with_its_duration() -> None:
    parsed = parse("status", ATOM, url="https://status.globex.example/history.atom")
    (item,) = parsed.items
    assert item.kind == "incident"
    assert item.title == "Elevated errors in the API"
    assert item.published == datetime(2026, 10, 3, 8, 10, tzinfo=UTC)
    assert item.updated == datetime(2026, 10, 3, 11, 40, tzinfo=UTC)
    assert item.metrics["hours"] == 3.5
    assert item.segment == {"impact": "minor", "state": "resolved"}
    assert item.url == "https://status.globex.example/incidents/1"
    assert parsed.facts is not None
    assert len(parsed.facts.incidents) == 1


def test_an_incident_in_json_keeps_its_components_and_impact() -> None:
    incident = {
        "name": "Login fails",
        "status": "identified",
        "impact": "major",
        "created_at": "2026-10-01T10:00:00.000Z",
        "resolved_at": None,
        "shortlink": "https://stspg.io/x",
        "components": [{"name": "Auth"}],
        "incident_updates": [{"body": "A <b>fix</b> is under way.", "status": "identified"}],
    }
    body = json.dumps({"incidents": [incident], "scheduled_maintenances": []})
    (item,) = parse("status", body).items
    assert item.segment == {"impact": "major", "state": "identified", "components": "Auth"}
    assert item.text == "A fix is under way."
    assert item.updated is None
    assert "hours" not in item.metrics


def test_an_incident_on_a_status_page_is_read() -> None:
    body = """<html><title>Status</title><body><h1>All systems operational</h1>
    <div class="incident-container"><div class="incident-title impact-critical"><a href="/incidents/9">Site down</a>
    </div><p>Resolved – it is back.</p><time datetime="2026-09-01T12:00:00Z"></time>
    <time datetime="2026-09-01T13:00:00Z"></time></div></body></html>"""
    (item,) = parse("status", body, url="https://status.acme.example/").items
    assert (item.title, item.segment["impact"], item.metrics["hours"]) == ("Site down", "critical", 1.0)
    assert item.url == "https://status.acme.example/incidents/9"


def test_a_quiet_status_page_has_no_incidents() -> None:
    assert parse("status", "<html><body><h1>All systems operational</h1></body></html>").items == ()


@pytest.mark.parametrize("body", ["", "just text", "{}", '{"incidents": 3', "<?xml version='1.0'?><!DOCTYPE x><feed/>"])
def test_what_is_no_status_page_is_refused(body: str) -> None:
    with pytest.raises(ParseError):
        parse("status", body)
