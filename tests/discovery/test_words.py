"""Which page is which by its address and by the links to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.discovery.words import KINDS, PageKind, folded, score_address, score_label, usual_paths

SITE = "https://globex.example"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/pricing", "pricing"),
        ("/pricing/", "pricing"),
        ("/plans-and-pricing.html", "pricing"),
        ("/de/preise", "pricing"),
        ("/fr/tarifs", "pricing"),
        ("/precios", "pricing"),
        ("/pre%C3%A7os", "pricing"),
        ("/cennik.php", "pricing"),
        ("/%E6%96%99%E9%87%91", "pricing"),
        ("/faq", "faq"),
        ("/help/faqs", "faq"),
        ("/h%C3%A4ufige-fragen", "faq"),
        ("/preguntas-frecuentes", "faq"),
        ("/status", "status"),
        ("/blog/", "blog"),
        ("/aktuelles", "blog"),
        ("/changelog", "blog"),
    ],
)
def test_addresses_say_what_they_are(path: str, kind: PageKind) -> None:
    scores = {one: score_address(SITE + path, one, None) for one in KINDS}
    assert max(scores, key=lambda one: scores[one]) == kind
    assert scores[kind] >= 4


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/about",
        "/2026/03/our-new-pricing",
        "/blog/why-we-changed-the-way-in-which-our-prices-work",
        "/pricing.pdf",
        "/sitemap.xml",
        "/enterprise",
    ],
)
def test_articles_and_files_are_no_page_of_prices(path: str) -> None:
    assert score_address(SITE + path, "pricing", None) == 0


def test_the_plain_address_beats_those_below_it_and_those_in_another_language() -> None:
    def score(path: str) -> int:
        return score_address(SITE + path, "pricing", "de-DE")

    assert score("/preise") > score("/preise/enterprise") > 0
    assert score("/de/preise") > score("/en/pricing") > 0
    assert score("/preise") > score("/preise?plan=pro")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Pricing", "pricing"),
        ("Plans & Pricing", "pricing"),
        ("Preise", "pricing"),
        ("Häufige Fragen", "faq"),
        ("FAQ", "faq"),
        ("よくある質問", "faq"),
        ("System status", "status"),
        ("Блог", "blog"),
    ],
)
def test_labels_of_links_say_where_they_lead(text: str, kind: PageKind) -> None:
    assert score_label(text, kind) >= 7
    assert all(score_label(text, other) == 0 for other in KINDS if other != kind)


def test_a_status_host_is_known_by_its_name() -> None:
    assert score_address("https://status.globex.example/", "status", None) == 10
    assert score_address("https://globex.example/", "status", None) == 0


def test_the_sites_own_language_is_looked_for_first() -> None:
    assert usual_paths("pricing", "de-AT")[:2] == ("/preise", "/tarife")
    assert usual_paths("pricing", None)[0] == "/pricing"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(alphabet="/ab-.?&=%C3 преиs", max_size=80), st.sampled_from(KINDS))
def test_no_address_and_no_label_is_too_odd(text: str, kind: PageKind) -> None:
    assert 0 <= score_address(f"{SITE}/{text}", kind, "en") <= 10
    assert 0 <= score_label(text, kind) <= 10
