"""`listener extract --as`: what is asked for, and what it finds out by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from listener.cli import group

ARTICLE = "<p>{}</p>".format("Our harbour has grown by two piers, and the ferry now calls three times a day. " * 6)
TEXT_PAGE = f"""<html lang="en"><head><title>Harbour news</title></head><body><nav><a href="/">Home</a></nav>
<article><h2>Two new piers</h2>{ARTICLE}</article><footer>© Harbour</footer></body></html>"""
FEED = """<rss version="2.0"><channel><title>Harbour</title>
<item><title>Two new piers</title><link>https://harbour.example/piers</link><guid>p1</guid><category>Works</category>
<pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate><description>Opened &lt;b&gt;today&lt;/b&gt;.</description></item>
<item><title>Update: ferry times</title><guid>p2</guid><description>Three a day.</description></item></channel></rss>"""
STATUS_FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Globex Status</title>
<entry><title>Outage of the API</title><published>2026-11-02T10:00:00Z</published>
<updated>2026-11-02T12:30:00Z</updated><link href="https://status.globex.example/incidents/1"/>
<content type="html">&lt;p&gt;Nov 2, 12:30 UTC&lt;br/&gt;Resolved - All is well.&lt;/p&gt;
&lt;p&gt;Nov 2, 10:00 UTC&lt;br/&gt;Investigating - Requests fail.&lt;/p&gt;</content></entry></feed>"""
STATUS_JSON = json.dumps(
    {
        "incidents": [
            {"name": "Slow search", "status": "identified", "impact": "minor", "created_at": "2026-11-02T09:00:00Z",
             "components": [{"name": "Search"}]}
        ]
    }
)  # fmt: skip
STATUS_PAGE = """<html lang="en"><head><title>Globex Status</title></head><body><h1>All incidents</h1>
<div class="incident-container"><a class="incident-title impact-major" href="/incidents/1">Outage of the API</a>
<p>Resolved - All is well. <time datetime="2026-11-02T12:30:00Z">12:30</time></p>
<p>Investigating. <time datetime="2026-11-02T10:00:00Z">10:00</time></p></div></body></html>"""
OFFER = """<html lang="en"><head><title>Pricing</title></head><body><h1>Plans for every team</h1>
<div class="card"><h3>Starter</h3><p class="price">$9<span>/mo</span></p><a href="/s">Start now</a></div>
<div class="card"><h3>Pro</h3><p class="price">$29<span>/mo</span></p><a href="/p">Go Pro</a></div></body></html>"""


@pytest.fixture
def written(tmp_path: Path) -> dict[str, str]:
    """Return the paths of all samples by name."""
    samples = {
        "text": TEXT_PAGE, "feed": FEED, "status-feed": STATUS_FEED, "status-json": STATUS_JSON,
        "status-page": STATUS_PAGE, "offer": OFFER,
    }  # fmt: skip
    for name, text in samples.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name: str(tmp_path / name) for name in samples}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def told(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    answer: dict[str, Any] = json.loads(result.output)
    return answer


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("text", ["landing", "page"]),
        ("feed", ["feed"]),
        ("status-feed", ["status", "feed"]),
        ("status-json", ["status"]),
        ("status-page", ["landing", "status"]),
        ("offer", ["pricing", "landing"]),
    ],
)
def test_it_decides_for_itself_what_something_is(written: dict[str, str], name: str, kinds: list[str]) -> None:
    assert told("extract", written[name])["kinds"] == kinds


@pytest.mark.parametrize("name", ["status-feed", "status-page"])
def test_as_status_gives_incidents_with_their_beginning_and_end(written: dict[str, str], name: str) -> None:
    answer = told("extract", written[name], "--as", "status")
    (incident,) = answer["incidents"]
    assert incident["title"] == "Outage of the API"
    assert incident["impact"] == "major"
    assert (incident["started"], incident["resolved"]) == ("2026-11-02T10:00:00+00:00", "2026-11-02T12:30:00+00:00")
    assert (answer["items"], answer["plans"], answer["copy"]) == ([], [], [])


def test_as_feed_gives_entries_and_their_moments(written: dict[str, str]) -> None:
    answer = told("extract", written["feed"], "--as", "feed")
    assert [(item["title"], item["published"]) for item in answer["items"]] == [
        ("Two new piers", "2026-11-02T08:00:00+00:00"),
        ("Update: ferry times", None),
    ]
    assert answer["items"][0]["text"] == "Opened today."
    assert answer["items"][0]["categories"] == ["Works"]


def test_as_page_gives_the_text_without_menus_and_footers(written: dict[str, str]) -> None:
    answer = told("extract", written["text"], "--as", "page")
    assert "the ferry now calls" in answer["text"]
    assert "Home" not in answer["text"]
    assert "©" not in answer["text"]


def test_a_page_without_any_facts_is_text_alone(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("<p>Closed on Sundays.</p>")
    answer = told("extract", str(tmp_path / "plain"))
    assert (answer["kinds"], answer["text"]) == (["page"], "Closed on Sundays.")


def test_text_is_told_of_plain_pages_only(written: dict[str, str]) -> None:
    assert told("extract", written["offer"])["text"] is None
    assert "Plans for every team" in told("extract", written["offer"], "--as", "page")["text"]


def test_a_page_is_no_feed_and_the_error_names_the_file(written: dict[str, str]) -> None:
    result = run("extract", written["offer"], "--as", "feed")
    assert result.exit_code != 0
    assert written["offer"] in str(result.exception)


def test_a_batch_reads_all_kinds_in_one_go(written: dict[str, str], tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    batch.write_text("\n".join(json.dumps({"id": name, "path": path}) for name, path in written.items()))
    answers = [json.loads(line) for line in run("extract", "--batch", str(batch)).output.splitlines()]
    assert {answer["id"]: answer["kinds"] for answer in answers}["status-json"] == ["status"]
    feeds = [json.loads(line) for line in run("extract", "--as", "feed", "--batch", str(batch)).output.splitlines()]
    assert {answer["id"] for answer in feeds if "error" in answer} == {"text", "status-json", "status-page", "offer"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("feed", ["2026-11-02 08:00", "Two new piers", "https://harbour.example/piers"]),
        ("status-page", ["2026-11-02 12:30", "major", "Outage of the API"]),
        ("text", ["Harbour news", "the ferry now calls"]),
    ],
)
def test_for_people_there_are_tables(written: dict[str, str], name: str, words: list[str]) -> None:
    output = run("extract", written[name]).output
    assert [word for word in words if word not in output] == []


def test_what_was_asked_for_and_is_not_there_is_said(written: dict[str, str]) -> None:
    assert "No incidents here." in run("extract", written["text"], "--as", "status").output
    assert "No questions here." in run("extract", written["offer"], "--as", "faq").output


def test_two_versions_of_a_feed_of_a_status_page_and_of_a_text_are_compared(
    written: dict[str, str], tmp_path: Path
) -> None:
    def changes(name: str, old: str, new: str, *options: str) -> list[tuple[str, str]]:
        after = tmp_path / "after"
        text = Path(written[name]).read_text(encoding="utf-8")
        assert old in text
        after.write_text(text.replace(old, new), encoding="utf-8")
        answer = told("diff", written[name], str(after), *options)
        return [(change["kind"], change["subject"]) for change in answer["changes"]]

    assert changes("feed", "Two new piers", "Three new piers") == [("text_changed", "Three new piers")]
    assert changes("status-json", '"identified"', '"resolved", "resolved_at": "2026-11-02T11:00:00Z"') == [
        ("incident_resolved", "Slow search")
    ]
    assert changes("text", "Two new piers", "Three new piers", "--as", "page") == [("text_changed", "Three new piers")]
    assert changes("offer", "Start now", "Begin now", "--as", "faq") == []
