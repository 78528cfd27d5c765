"""Amounts in every locale's way of writing them."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.pages.currency import Reading
from listener.pages.money import find_amounts

AMOUNTS = [
    ("1.099,00 €", "de", "1099.00", "EUR"),
    ("1 099,00 €", "fr", "1099.00", "EUR"),
    ("1\u202f099,00\u00a0€", "fr", "1099.00", "EUR"),
    ("CHF 1'299.–", "de-CH", "1299", "CHF"),
    ("CHF 1’299.00", "de-CH", "1299.00", "CHF"),
    ("₹1,499", "en-IN", "1499", "INR"),
    ("₹1,49,999/-", "en-IN", "149999", "INR"),
    ("R$ 29,90", "pt-BR", "29.90", "BRL"),
    ("50万円", "ja", "500000", "JPY"),
    ("1万9,800円", "ja", "19800", "JPY"),
    ("980円（税込）", "ja", "980", "JPY"),
    ("¥980", "ja", "980", "JPY"),
    ("¥98", "zh-CN", "98", "CNY"),
    ("1,200元/月", "zh", "1200", "CNY"),
    ("1,200元", "zh-TW", "1200", "TWD"),
    ("NT$1,200", "zh-TW", "1200", "TWD"),
    ("9,900원", "ko", "9900", "KRW"),
    ("14 500 zł", "pl", "14500", "PLN"),
    ("999zł", "pl", "999", "PLN"),
    ("$49/mo", "en", "49", "USD"),
    ("$.99", "en", "0.99", "USD"),
    ("US$ 1,299.00", "en", "1299.00", "USD"),
    ("A$49", "en", "49", "AUD"),
    ("$49 AUD", "en", "49", "AUD"),
    ("49 $ CAD", "fr-CA", "49", "CAD"),
    ("$9.990", "es-CL", "9990", "CLP"),
    ("$12,99", "en", "12.99", "USD"),
    ("19€99", "fr", "19.99", "EUR"),
    ("0,01458333 €", "de", "0.01458333", "EUR"),
    ("0.125 $", "en", "0.125", "USD"),
    ("5¢", "en", "0.05", "USD"),
    ("EUR 29", "en", "29", "EUR"),
    ("29 Euro", "de", "29", "EUR"),
    ("99:-", "sv", "99", "SEK"),
    ("kr 1 299,-", "nb", "1299", "NOK"),
    ("99 kr", "da", "99", "DKK"),
    ("1200 Kč", "cs", "1200", "CZK"),
    ("12 990 Ft", "hu", "12990", "HUF"),
    ("2.500,50 TL", "tr", "2500.50", "TRY"),
    ("7 990 ₽", "ru", "7990", "RUB"),
    ("500 руб.", "ru", "500", "RUB"),
    ("55 000 so'm", "uz", "55000", "UZS"),
    ("199.000đ", "vi", "199000", "VND"),
    ("Rp 99rb", "id", "99000", "IDR"),
    ("Rp1,5 jt", "id", "1500000", "IDR"),
    ("Rs. 4,999", "en", "4999", "INR"),
    ("10 000 FCFA", "fr", "10000", "XOF"),
    ("٩٩ ر.س", "ar", "99", "SAR"),
    ("AED 1,200", "en", "1200", "AED"),
    ("KWD 9.500", "en", "9.500", "KWD"),
    ("$5k", "en", "5000", "USD"),
    ("2 500 ден.", "mk", "2500", "MKD"),
]


@pytest.mark.parametrize(("text", "lang", "value", "currency"), AMOUNTS, ids=[row[0] for row in AMOUNTS])
def test_an_amount_is_read_as_its_locale_writes_it(text: str, lang: str, value: str, currency: str) -> None:
    (amount,) = find_amounts(" ".join(text.split()), Reading(lang, text))
    assert amount.value == Decimal(value)
    assert amount.currency == currency


@pytest.mark.parametrize(
    "text",
    ["Save 20%", "PHP 8.2", "50 KM", "24/7 support", "10 users", "ISO 27001", "version 1.2.3", "#1 in 2025", "USD"],
)
def test_a_number_without_a_currency_is_no_amount(text: str) -> None:
    assert find_amounts(text, Reading("en", text)) == []


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("$49 – $99", 49, 99), ("50–80 €", 50, 80), ("100 € bis 200 €", 100, 200), ("€10 - €20", 10, 20)],
)
def test_two_amounts_with_a_dash_are_a_range(text: str, low: int, high: int) -> None:
    (amount,) = find_amounts(text, Reading("de", text))
    assert [amount.value, amount.upper] == [low, high]


def test_a_label_before_a_dash_is_not_the_lower_end_of_a_range() -> None:
    (amount,) = find_amounts("Level 1 – 80 €", Reading("de"))
    assert [amount.value, amount.upper] == [80, None]


def test_each_sign_belongs_to_one_amount() -> None:
    found = find_amounts("100 USD 200 EUR or €10 €8", Reading("en"))
    assert [(int(each.value), each.currency) for each in found] == [(100, "USD"), (200, "EUR"), (10, "EUR"), (8, "EUR")]


def test_the_dollar_is_that_of_the_country_that_the_page_names() -> None:
    assert find_amounts("$49", Reading("en", "All prices in AUD. $49"))[0].currency == "AUD"
    assert find_amounts("$49", Reading("en", "All prices. $49"))[0].currency == "USD"
    assert find_amounts("Rs 499", Reading("en", "Shipping within Sri Lanka"))[0].currency == "LKR"


@given(st.text(alphabet="0123456789.,' €$kr万円złM-–%()", max_size=80))
def test_any_line_of_digits_and_signs_is_read_without_a_fault(text: str) -> None:
    for amount in find_amounts(text, Reading("de")):
        assert amount.value >= 0
        assert 0 <= amount.start < amount.end <= len(text)


@pytest.mark.parametrize("piece", ["1 ", "1,", "$", "€ ", "1.111", "k", "1111 111 ", "1 - "])
def test_a_long_line_takes_time_in_proportion(piece: str) -> None:
    def seconds(count: int) -> float:
        started = time.process_time()
        find_amounts(piece * count, Reading("en"))
        return time.process_time() - started

    assert seconds(6_000) < max(seconds(600) * 60, 0.5)
