"""Both engines read HTML alike: one suite, run on each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import listener.html
from listener.html import children_of, parent_of, parse, readable, text_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["turbohtml", "soup"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if name == "soup":
        monkeypatch.setattr(listener.html, "turbohtml", None)
    return name


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ("  much \n\n\n white\t\tspace ", "much\nwhite space"),
        ("caf&eacute; &amp; &#8364;5 &#x1F600; AT&T", "café & €5 😀 AT&T"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>one</p><p>two<p>three", "one\ntwo\nthree"),
        ("<h1>Title</h1><div>body <b>bo</b>ld</div>", "Title\nbody bold"),
        ("<script>alert(1)</script><style>p{}</style>seen", "seen"),
        ('<img src="x.png" alt="not for readers">text', "text"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a b\nc d"),
        ("<!-- gone -->kept", "kept"),
        ("I <3 you, and 1 < 2", "I <3 you, and 1 < 2"),
        ("new\nline in <b>source</b>", "new line in source"),
        ("a\u00adb\u200bc\x00d&nbsp;e", "abcd e"),
        ("<a href='x'>link</a>.", "link."),
        ("<p>unclosed <b>tags <i>everywhere", "unclosed tags everywhere"),
    ],
)
def test_a_fragment_reads_as_a_person_reads_it(fragment: str, text: str) -> None:
    assert text_of(fragment) == text


PAGE = """<!doctype html><html lang=en><head><title>Prices</title></head><body>
<div id=plans class="row wide"><section class=plan data-price=49><h2>Pro</h2><p>49 <small>USD</small></p></section>
<section class=plan><h2>Free</h2></section></div><!-- note --><p>tail</p></body></html>"""


def test_elements_are_found_by_selector_in_document_order() -> None:
    page = parse(PAGE)
    assert page.tag == "html"
    assert [element.text for element in page.select(".plan h2")] == ["Pro", "Free"]
    plan = page.select_one("section.plan")
    assert plan is not None
    assert plan.attr("data-price") == "49"
    assert plan.attr("missing") is None
    assert plan.attr("missing", "none") == "none"
    assert plan.matches("[data-price]")
    assert readable(plan) == "Pro\n49 USD"
    row = plan.closest("div")
    assert row is not None
    assert row.attr("class") == "row wide"
    assert page.select_one(".absent") is None
    assert plan.closest("table") is None


def test_a_tree_can_be_walked_up_and_down() -> None:
    page = parse(PAGE)
    small = page.select_one("small")
    assert small is not None
    paragraph = parent_of(small)
    assert paragraph is not None
    assert [child if isinstance(child, str) else child.tag for child in children_of(paragraph)] == ["49 ", "small"]
    assert parent_of(page) is None


def test_a_selector_that_is_none_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(PAGE).select("div[")


@pytest.mark.parametrize("markup", ["", "no tags", "<p>only", "\x00", "<!doctype html>", "<html"])
def test_every_input_has_a_root(markup: str) -> None:
    assert parse(markup).tag == "html"


WITHOUT = """
import sys
sys.modules["turbohtml"] = None
from listener.html import parse, readable, text_of
page = parse("<p>one<p class=x>two &amp; <b>three</b>")
assert type(page).__name__ == "SoupElement"
print(readable(page.select_one(".x")), "|", text_of("<i>four</i><br>five"))
"""


def test_where_turbohtml_is_not_installed_everything_still_works() -> None:
    command = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=ROOT)
    assert done.stdout == "two & three | four\nfive\n"


HOSTILE = {
    "nested": "<div>" * 20_000,
    "formatting": "<p><b><i><font>" * 5_000,
    "lists": "<ul><li>x" * 10_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(20_000)) + ">x",
    "open tags": "<a " * 30_000,
    "open comments": "<!-" * 30_000,
    "less than": "<" * 50_000,
    "ampersands": "&" * 50_000,
    "references": "&#x" * 30_000,
    "declarations": "<![" * 30_000,
    "quotes": "<a b='" * 20_000,
    "quotes in tags": "<a b='>\"" * 20_000,
    "scripts": "<script>" * 20_000,
    "end tags": "<div>" * 1_000 + "</p>" * 20_000,
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_is_read_in_bounded_time(name: str) -> None:
    assert len(text_of(HOSTILE[name])) <= 12 * len(HOSTILE[name])
    assert parse(HOSTILE[name]).tag == "html"


@given(st.text(alphabet=st.sampled_from("ab <>/&;!-\"'=#x1\n\x00é😀pdivscrt"), max_size=200))
def test_no_text_makes_it_raise_and_white_space_is_always_tidy(fragment: str) -> None:
    text = text_of(fragment)
    assert text == text.strip()
    assert "  " not in text
    assert "\n\n" not in text
    parse(fragment)
