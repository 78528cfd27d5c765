"""Languages: told by words, by parts of words, and by nothing where nothing tells."""

from __future__ import annotations

import pytest

from listener.mentions.data import load
from listener.mentions.language import Languages, parts_of
from listener.plugins import bundled


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load(bundled("config")).languages


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The server is down again and nobody answers", "en"),
        ("Rechtschreibprüfung abgeschaltet, Arbeitsergebnisse verschwunden", "de"),
        ("Application lente, mises à jour désastreuses", "fr"),
        ("Actualización pésima, llevamos esperando semanas", "es"),
        ("Waarom werkt de verbinding vandaag niet?", "nl"),
        ("Geweldige service", "nl"),
        ("Great service", "en"),
        ("Tjänsten fungerar inte idag", "sv"),
        ("Nie mogę się zalogować od rana", "pl"),
        ("Nemohu se přihlásit do aplikace", "cs"),
        ("Palvelu ei toimi tänään", "fi"),
        ("Uygulama bugün çalışmıyor", "tr"),
    ],
)
def test_a_sentence_tells_its_language(languages: Languages, text: str, lang: str) -> None:
    assert languages.tell(text, None, ("en",)) == lang


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("#WorstAirlineEver #NeverAgain @acme", "en"),
        ("@acme #NieWiederAcme #NichtMehrMeineBank", "de"),
        ("Die Hotline antwortet nicht #NeverAgain", "de"),
    ],
)
def test_words_in_hashtags_tell_the_language_where_no_others_do(languages: Languages, text: str, lang: str) -> None:
    assert languages.tell(text, None, ("en",)) == lang


@pytest.mark.parametrize("text", ["ok", "lol", "Acme", "Acme Globex Initech", "@acme #acme", "Zweibrücken"])
def test_names_and_single_words_tell_no_language(languages: Languages, text: str) -> None:
    assert languages.tell(text, None, ("en",)) is None


@pytest.mark.parametrize("text", ["Fantastisk kundeservice og hurtig levering", "Výborná služba a rychlé dodání"])
def test_endings_that_english_shares_make_no_english_of_another_language(languages: Languages, text: str) -> None:
    assert languages.tell(text, None, ("en",)) != "en"


def test_a_short_word_has_no_parts_and_a_long_one_five() -> None:
    assert parts_of("hund") == ()
    assert parts_of("hunde") == ("-nde", "hun-")
    assert parts_of("hundehütte") == ("-tte", "hun-", "-ütte", "hund-", "-hütte")
