"""What a price is for, and how often it is due."""

from __future__ import annotations

import pytest

from listener.pages.currency import Reading
from listener.pages.money import find_amounts
from listener.pages.periods import period_in, rhythm_after, rhythm_before

RHYTHMS = [
    ("$49/mo billed annually", "en", "month"),
    ("$49 / m", "en", "month"),
    ("$10 per user per month", "en", "seat-month"),
    ("$10/user/mo, billed annually", "en", "seat-month"),
    ("$10 per active user / month", "en", "seat-month"),
    ("$588 billed annually", "en", "year"),
    ("$1 per 1,000 calls", "en", "unit"),
    ("$99 / 6 months", "en", "6-month"),
    ("£5 an hour", "en", "hour"),
    ("$20/class", "en", "session"),
    ("£200 +VAT per month", "en", "month"),
    ("49 € pro Nutzer und Monat", "de", "seat-month"),
    ("49 €/Monat zzgl. MwSt.", "de", "month"),
    ("30 € pro Nacht", "de", "night"),
    ("CHF 99.– im Jahr", "de-CH", "year"),
    ("29 € / an", "fr", "year"),
    ("29 € par utilisateur et par mois", "fr", "seat-month"),
    ("99 € HT / mois", "fr", "month"),
    ("29 € al mes", "es", "month"),
    ("R$ 89/mês", "pt-BR", "month"),
    ("€15 p/m", "nl", "month"),
    ("99 zł / mies.", "pl", "month"),
    ("99 zł za godzinę", "pl", "hour"),
    ("450 Kč/hod", "cs", "hour"),
    ("99 kr/mån", "sv", "month"),
    ("500 ₽ / занятие", "ru", "session"),
    ("55 000 so'm /oy", "uz", "month"),
    ("980円/月", "ja", "month"),
    ("¥980（税込）/月", "ja", "month"),
    ("1,200元/年", "zh", "year"),
    ("9,900원/월", "ko", "month"),
]


@pytest.mark.parametrize(("text", "lang", "period"), RHYTHMS, ids=[row[0] for row in RHYTHMS])
def test_the_words_after_a_price_say_how_often_it_is_due(text: str, lang: str, period: str) -> None:
    (amount,) = find_amounts(text, Reading(lang, text))[:1]
    assert rhythm_after(text, amount.end, lang[:2]).period == period


@pytest.mark.parametrize(
    "text", ["25 € über 8 Stunden", "$49 for teams", "$0 forever", "$20 per person", "$49 Get started"]
)
def test_other_words_after_a_price_say_nothing_of_a_period(text: str) -> None:
    (amount,) = find_amounts(text, Reading("en", text))
    assert rhythm_after(text, amount.end, "en").period is None


@pytest.mark.parametrize(
    ("text", "period"),
    [("Monthly: $49", "month"), ("月額980円", "month"), ("월 9,900원", "month"), ("Yearly $99", "year")],
)
def test_the_words_before_a_price_may_say_it(text: str, period: str) -> None:
    (amount,) = find_amounts(text, Reading("en", text))
    assert rhythm_before(text, amount.start) == period


def test_a_unit_keeps_its_number() -> None:
    assert rhythm_after("per 1,000 calls", 0).unit == "1,000 calls"


@pytest.mark.parametrize(
    ("label", "period"),
    [("Monthly plan", "month"), ("Jahresabo", "year"), ("Lifetime", "one-time"), ("Day pass", "day"), ("Pro", None)],
)
def test_a_label_may_name_a_period(label: str, period: str | None) -> None:
    assert period_in(label) == period


def test_a_label_with_two_periods_names_none() -> None:
    assert period_in("Monthly or yearly") is None
