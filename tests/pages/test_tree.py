"""A page's tree and lines, and what no page can be."""

from __future__ import annotations

import re
import time

import pytest

from listener.errors import ParseError
from listener.html import stream as stream_module
from listener.pages.facts import read_facts
from listener.pages.tree import read_page
from listener.pages.words import FAQ_HINT, FAQ_TITLE, asks


def lines(markup: str) -> list[str]:
    return [line.text for line in read_page(markup).lines]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>19<sup>99</sup> €</p>", "19.99 €"),
        ("<p><sup>$</sup>19<sup>99</sup></p>", "$19.99"),
        ('<p>$<span class="int">29</span><span class="price__cents">90</span></p>', "$29.90"),
        ("<p><b>24</b> <i>,90 €</i></p>", "24,90 €"),
        ("<p><span>$350</span><span>one-time</span></p>", "$350 one-time"),
        ("<p><span>$</span><span>49</span><span>/mo</span></p>", "$49/mo"),
        ("<p><b>月額</b>980<small>円</small></p>", "月額980円"),
        ("<p>Blue<span>Line</span></p>", "Blue Line"),
        ("<p><b>I</b>mportant</p>", "Important"),
        ("<p>soft\u00adware\u200b</p>", "software"),
    ],
)
def test_neighbouring_texts_are_joined_as_they_are_read(markup: str, text: str) -> None:
    assert lines(markup) == [text]


def test_each_block_is_a_line() -> None:
    assert lines("<div>a<p>b <i>c</i></p>d<br>e<ul><li>f<li>g</ul></div>") == ["a", "b c", "d", "e", "f", "g"]


def test_scripts_styles_and_pictures_are_no_text() -> None:
    assert lines("<script>var a</script><style>p{}</style><svg><text>x</text></svg><p>y</p>") == ["y"]


@pytest.mark.parametrize("without_turbohtml", [False, True])
def test_what_stands_in_a_shadow_root_is_shown(monkeypatch: pytest.MonkeyPatch, *, without_turbohtml: bool) -> None:
    if without_turbohtml:
        monkeypatch.setattr(stream_module, "saxparse", None)
    page = read_page(
        '<x-card><template shadowrootmode="open"><h3>Pro</h3><slot></slot></template><b>$9</b></x-card>'
        "<template><p>Later</p></template>"
    )
    assert [(line.text, line.hidden) for line in page.lines] == [("Pro", False), ("$9", False), ("Later", True)]


def test_a_page_within_the_page_is_read_where_it_stands_and_one_in_that_is_not() -> None:
    page = read_page(
        "<p>a</p><iframe srcdoc='<title>T</title><p>b &amp;amp; c</p><iframe srcdoc=\"d\"></iframe>'>e</iframe><p>f</p>"
    )
    assert [line.text for line in page.lines] == ["a", "b & c", "f"]
    assert page.nodes[-1].line == 2


def test_what_is_not_shown_is_known_to_be_hidden() -> None:
    page = read_page(
        '<p hidden>a</p><p style="display: none">b</p><p class="d-none">c</p><p class="hidden md:block">d</p><p>e</p>'
    )
    assert [line.text for line in page.lines if not line.hidden] == ["d", "e"]


def test_lines_are_found_by_what_they_hold_in_any_case() -> None:
    page = read_page("<p>Our FAQ</p><p>Frau Ÿ\u2028faq</p><p>x</p><p>İstanbul FAQ</p>")
    assert [line.index for line in page.lines_matching(re.compile("faq"), lowered=True)] == [0, 1, 3]
    assert [line.index for line in page.lines_matching(re.compile("a"))] == [1, 3]
    assert not list(page.lines_matching(re.compile("nowhere")))


def test_lines_are_found_by_plain_words() -> None:
    page = read_page("<p>Trusted by Ana</p><p>İ trusted</p><p>x</p><p>no risk, trusted by all, trusted by you</p>")
    assert [line.index for line in page.lines_holding("trusted by", "risk")] == [0, 3]
    assert [line.index for line in page.lines_holding("trusted")] == [0, 1, 3]
    assert page.lines_holding("nowhere") == read_page("").lines_holding("a") == []


@pytest.mark.parametrize(
    "claim",
    [
        "Saves 10 hours a week",
        "4.9 on G2 by 90 teams",
        "The No. 1 for teams",
        "★★★★★ from 800 teams",
        "Number one in retail",
        "Award-winning support",
        "Money-back promise",
        "Guaranteed delivery",
        "Risk-free for teams",
        "No credit card needed",
        "Cancel any time",
        "Start your free trial",
        "Trusted by bakers",
        "Top rated support",
        "GDPR compliant",
        "HIPAA ready",
        "Mit Geld-zurück-Garantie",
        "Ohne Risiko testen",
        "Jederzeit kündbar",
        "Kunden, die uns vertrauen",
        "DSGVO-konform",
        "Satisfait ou remboursé",
        "Sans engagement",
        "Garantía de por vida",
        "Sin compromiso",
        "Con garanzia",
        "Soddisfatti o rimborsati",
        "Sem compromisso",
        "Gwarancja jakości",
        "Наша гарантия",
    ],
)
def test_a_claim_is_found_by_its_words(claim: str) -> None:
    copy = read_facts(f"<main><h1>Boats</h1><section><div>{claim}</div></section></main>", {"landing"}).copy
    assert [each.text for each in copy if each.kind == "claim"] == [claim]


@pytest.mark.parametrize(
    "title",
    [
        "FAQ",
        "F.A.Q.",
        "Frequently asked questions",
        "Got questions?",
        "Q & A",
        "Häufig gestellte Fragen",
        "Oft gefragt",
        "Foire aux questions",
        "Preguntas frecuentes",
        "Domande frequenti",
        "Dúvidas",
        "Veelgestelde vragen",
        "Najczęściej zadawane pytania",
        "Časté dotazy",
        "Gyakori kérdések",
        "Vanliga frågor",
        "Ofte stilte spørsmål",
        "Usein kysyttyä",
        "Sıkça Sorulan Sorular",
        "Часто задаваемые вопросы",
        "Поширені питання",
        "Întrebări frecvente",
        "Συχνές ερωτήσεις",
        "Ko‘p so‘raladigan savollar",
        "よくある質問",
        "常见问题",
        "자주 묻는 질문",
        "Câu hỏi thường gặp",
        "คำถามที่พบบ่อย",
        "الأسئلة الشائعة",
        "שאלות נפוצות",
        "अक्सर पूछे जाने वाले",
    ],
)
def test_what_is_a_faq_title_is_found_without_an_expression(title: str) -> None:
    assert FAQ_TITLE.search(title)
    assert FAQ_HINT.search(title.lower())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Can I cancel? ▼", True),
        ("Πότε;", True),
        ("Wait;", False),
        ("解約できますか。", True),
        ("可以退款吗", True),
        ("환불되나요?", True),
        ("هل يمكنني الإلغاء؟", True),
        ("Ask us…", False),
        ("", False),
        ("Is it? Yes.", False),
    ],
)
def test_a_question_is_known_by_its_end(text: str, answer: bool) -> None:
    assert asks(text) is answer


def test_the_fallback_reads_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    markup = (
        "<html lang=en><title>T</title><body><div class='a b'>x <b>y</b><p>z</p></div><script>q</script></body></html>"
    )
    here = read_page(markup)
    monkeypatch.setattr(stream_module, "saxparse", None)
    there = read_page(markup)
    assert [line.text for line in here.lines] == [line.text for line in there.lines]
    assert (here.title, here.lang) == (there.title, there.lang) == ("T", "en")
    assert [node.tag for node in here.nodes if node.tag not in ("head", "#page")] == [
        node.tag for node in there.nodes if node.tag not in ("head", "#page")
    ]


HOSTILE = {
    "nested": "<div>" * 130_000,
    "formatting": "<b><i><u><p>" * 35_000,
    "attributes": "<div " + " ".join(f"a{i}=1" for i in range(200_000)) + ">",
    "too large": "x" * 20_000_001,
    "elements": "<p>a" * 130_000,
    "tags": "<p>a</p>" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_that_no_person_wrote_is_refused_quickly(name: str) -> None:
    started = time.process_time()
    with pytest.raises(ParseError):
        read_facts(HOSTILE[name])
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "markup",
    [
        "<p>" + "1 " * 300_000,
        "<p>" + "$1 " * 200_000,
        "<h2>" + "our plan " * 50_000,
        "<li>$5 free plan?" * 4_000,
        "<p>" + "?" * 300_000,
        "<table>" + "<tr>" + "<td colspan=999 rowspan=999>$5" * 300,
        "<h3>FAQ</h3>" + "<p>Why?<p>Yes." * 4_000,
        "<b>" + "from " * 80_000 + "$5",
    ],
)
def test_a_page_of_much_the_same_is_read_in_bounded_time(markup: str) -> None:
    started = time.process_time()
    read_facts(markup)
    assert time.process_time() - started < 8
