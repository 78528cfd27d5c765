"""Mails become items: the sender's own words, whatever the bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.emails import emails_in, item_of, own_words
from listener.errors import ParseError
from listener.parcels import Parcel, pack, unpack
from listener.types import Item

PLAIN = (
    "From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\r\nTo: feedback@example.com\r\nSubject: =?utf-8?b?w4RyZ2Vy?=\r\n"
    "Date: Tue, 03 Nov 2026 10:00:00 +0100\r\nMessage-ID: <a1@example.com>\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Die Rechnung ist f=FCr nichts.\r\n\r\nAm 2.11.2026 um 09:00 schrieb Acme <help@example.com>:\r\n> Guten Tag\r\n"
)
ALTERNATIVES = (
    "From: kim@example.com\nSubject: Hi\nContent-Type: multipart/alternative; boundary=B\n\n"
    "--B\nContent-Type: text/html\n\n<p>Bold <b>words</b></p>\n--B\nContent-Type: text/plain\n\nPlain words\n--B--\n"
)


def read(mail: str) -> Item:
    item = item_of(mail.encode(), "ticket")
    assert item is not None
    return item


def test_a_mail_is_read_with_its_encodings_and_without_what_it_quotes() -> None:
    item = read(PLAIN)
    assert (item.title, item.text, item.author) == ("Ärger", "Die Rechnung ist für nichts.", "Jörg")
    assert (item.guid, item.published) == ("<a1@example.com>", datetime(2026, 11, 3, 9, tzinfo=UTC))


def test_the_plain_part_is_preferred_and_html_is_read_where_there_is_no_other() -> None:
    assert read(ALTERNATIVES).text == "Plain words"
    assert read(ALTERNATIVES.replace("text/plain", "image/png")).text == "Bold words"
    assert read(ALTERNATIVES).author == "kim@example.com"


@pytest.mark.parametrize(
    "ending",
    [
        "-- \nJo Doe\nHead of Things",
        "--\nJo",
        "On Mon, Nov 2, 2026 at 9:00 AM Acme <help@example.com> wrote:\n> Hello",
        "On Mon, Nov 2, 2026 at 9:00 AM Acme Support\n<help@example.com> wrote:\n> Hello",
        "Le lun. 2 nov. 2026 à 09:00, Acme a écrit :\nBonjour",
        "-----Original Message-----\nFrom: Acme",
        "________________________________\nFrom: Acme",
        "Sent from my telephone",
    ],
)
def test_signatures_and_answered_mails_are_cut(ending: str) -> None:
    assert own_words(f"It broke.\nAgain.\n{ending}\nmore") == "It broke.\nAgain."


@pytest.mark.parametrize(
    "ending",
    [
        "From: Acme <help@example.com>\nSent: Monday, 2 November 2026 09:00\nTo: Jo\nSubject: Hello",
        "Von: Acme <help@example.com>\nGesendet: Montag\nAn: Jo\nBetreff: Hallo",
    ],
)
def test_the_header_that_a_program_copies_above_the_answered_mail_ends_the_words(ending: str) -> None:
    assert own_words(f"It broke.\n\n{ending}\n\nOld words") == "It broke."


def test_an_answer_below_the_mail_that_it_quotes_is_kept() -> None:
    above = "On Mon, Nov 2, 2026 at 9:00 AM Acme <help@example.com> wrote:"
    assert own_words(f"{above}\n> Does it work?\n\nNo, it does not.") == "No, it does not."


def test_of_a_mail_that_is_only_forwarded_what_it_forwards_is_kept() -> None:
    header = "---------- Forwarded message ---------\nFrom: Kim\nDate: Mon\nSubject: Broken\nTo: Jo"
    assert own_words(f"{header}\n\nThe export fails.") == "The export fails."


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ('<p>It broke.</p><div class="gmail_quote">On Monday<blockquote>old</blockquote></div>', "It broke."),
        ('<p>It broke.</p><div id="divRplyFwdMsg"><b>From:</b> Acme</div><p>old</p>', "It broke."),
        ("<blockquote>old <blockquote>older</blockquote></blockquote><p>It broke.</p>", "It broke."),
        ('<div class="gmail_quote"><blockquote>old</blockquote></div><p>It broke.</p>', "It broke."),
        ("<blockquote>All of it is indented.</blockquote>", "All of it is indented."),
    ],
)
def test_of_html_the_answered_mail_is_cut(markup: str, words: str) -> None:
    assert read(f"Subject: Hi\nContent-Type: text/html\n\n{markup}").text == words


@pytest.mark.parametrize(
    "header",
    [
        "Return-Path: <>",
        "X-Failed-Recipients: jo@example.com",
        "Precedence: auto_reply",
        "From: postmaster@example.com",
    ],
)
def test_a_mail_that_came_back_is_nobodys_words(header: str) -> None:
    assert item_of(f"{header}\nSubject: Undelivered\n\nIt could not be delivered.".encode(), "ticket") is None


def test_hostile_quotes_cost_linear_time() -> None:
    for piece in ("<blockquote>", "<div " + "gmail_" * 40, "From: a\n", "On a\n"):
        assert item_of(f"Subject: x\nContent-Type: text/html\n\n{piece * 20_000}".encode(), "ticket") is not None


def test_words_that_only_look_like_a_reply_stay() -> None:
    text = "On Monday it broke.\nOn Tuesday, too: twice.\nWrote to support: no answer."
    assert own_words(text) == text


def test_an_automatic_answer_is_nobodys_words() -> None:
    assert item_of(b"Auto-Submitted: auto-replied\nSubject: Away\n\nI am away.", "ticket") is None


def test_a_mailbox_is_split_at_its_separators_only() -> None:
    body = b"From a@x Tue\nSubject: 1\n\nFrom here on\nit fails\n\nFrom b@x Wed\nSubject: 2\n\nb\n"
    first, second = emails_in(body)
    assert b"From here on" in first
    assert second.startswith(b"Subject: 2")


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_mail_or_none(body: bytes) -> None:
    for mail in emails_in(body):
        found = item_of(mail, "ticket")
        assert found is None or found.title or found.text


@given(st.text(alphabet="On wrote:\n>-_ ", max_size=400))
def test_own_words_are_among_the_words(text: str) -> None:
    assert set(own_words(text).split()) <= set(text.split())


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=50)), max_size=5))
def test_what_is_packed_is_unpacked(given_parcels: list[tuple[str, bytes]]) -> None:
    parcels = [Parcel(name=name, stamp="1", body=body) for name, body in given_parcels]
    assert unpack(pack(parcels)) == parcels


@pytest.mark.parametrize(
    "body", [b"<html>", b"[1]\n", b'["a", "1", -1]\n', b'["a", "1", 9]\nshort', b"[" * 1000 + b"\n"]
)
def test_other_answers_are_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        unpack(body)
