"""A mailbox over real sockets and TLS, from the server to mentions: what is read, once, and how trouble is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from listener.channels import Secret
from listener.emails import BYTES_LIMIT
from listener.mailboxes import MAILS_LIMIT
from listener.mailboxes.conversation import encoded
from listener.types import Outcome
from tests.mailboxes.conftest import Reader
from tests.mailboxes.mail_server import MailServer
from tests.scrapers.cases import source_of


def mail(number: int, text: str, *headers: str) -> str:
    more = "".join(f"{header}\n" for header in headers)
    return (
        f"From: Jo Doe <jo@example.com>\nSubject: Number {number}\nMessage-ID: <{number}@example.com>\n"
        f"Date: Mon, 02 Nov 2026 06:00:00 +0000\n{more}\n{text}\n"
    )


def test_each_mail_is_an_item_once_also_after_a_restart(server: MailServer, reader: Reader) -> None:
    server.put(mail(1, "The export fails every day."))
    server.put(mail(2, "Works well again, thank you!"))
    assert reader.poll().new_items == 2
    assert reader.poll().outcome is Outcome.NOT_MODIFIED
    server.put(mail(3, "It crashed once more."))
    third = reader.poll()
    assert (third.items, third.new_items, third.outcome) == (1, 1, Outcome.OK)
    assert reader.excerpts() == [
        "It crashed once more.",
        "The export fails every day.",
        "Works well again, thank you!",
    ]


def test_nothing_is_changed_in_the_mailbox(server: MailServer, reader: Reader) -> None:
    server.put(mail(1, "Hello"))
    reader.poll()
    names = {command.split(" ")[0] for command in server.commands}
    assert names == {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID", "LOGOUT"}
    fetches = [command for command in server.commands if command.startswith("UID FETCH")]
    assert fetches
    assert all("BODY.PEEK[]" in command for command in fetches)


def test_an_empty_mailbox_is_a_poll_that_worked_and_its_first_mail_is_read(server: MailServer, reader: Reader) -> None:
    assert reader.poll().worked
    server.put(mail(1, "The first one"))
    assert reader.poll().new_items == 1


def test_the_first_poll_reads_back_as_many_days_as_the_settings_say(server: MailServer, reader: Reader) -> None:
    server.put(mail(1, "Long ago"), datetime(2026, 9, 20, tzinfo=UTC))
    server.put(mail(2, "Some days ago"), datetime(2026, 10, 20, tzinfo=UTC))
    assert reader.poll().new_items == 1
    assert reader.excerpts() == ["Some days ago"]


def test_mails_that_are_numbered_anew_are_not_read_as_new_and_none_is_missed(
    server: MailServer, reader: Reader
) -> None:
    for number in (1, 2, 3):
        server.put(mail(number, f"Words of mail {number}"))
    reader.poll()
    del server.mails[0]
    server.renumber()
    server.put(mail(4, "Came while they were numbered"))
    again = reader.poll()
    assert (again.items, again.new_items) == (3, 1)
    assert reader.poll().outcome is Outcome.NOT_MODIFIED


def test_after_a_long_rest_numbers_that_began_anew_are_read_from_the_last_poll_on(
    server: MailServer, reader: Reader
) -> None:
    server.put(mail(1, "Before"))
    reader.poll()
    reader.clock.advance(timedelta(days=100))
    server.renumber()
    server.put(mail(2, "Soon after"), datetime(2026, 11, 3, tzinfo=UTC))
    assert reader.poll().new_items == 1


def test_more_mails_than_one_answer_holds_are_read_in_the_same_poll(server: MailServer, reader: Reader) -> None:
    for number in range(1, MAILS_LIMIT + 51):
        server.put(mail(number, f"Words of mail {number}"))
    result = reader.poll()
    assert (result.requests, result.new_items) == (2, MAILS_LIMIT + 50)
    assert reader.poll().outcome is Outcome.NOT_MODIFIED


@pytest.mark.parametrize("ignores_parts", [False, True])
def test_of_a_mail_with_a_large_attachment_the_words_are_read(
    server: MailServer, reader: Reader, ignores_parts: bool
) -> None:
    server.ignores_parts = ignores_parts
    parts = 'Content-Type: multipart/mixed; boundary="B"'
    attached = "Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + "QUJD\n" * (BYTES_LIMIT // 2)
    server.put(mail(1, f"--B\n\nSee the attached log.\n--B\n{attached}\n--B--", parts))
    server.put(mail(2, "And a short one"))
    assert reader.poll().new_items == 2
    assert reader.excerpts() == ["And a short one", "See the attached log."]


def test_automatic_answers_and_returned_mails_are_left_out(server: MailServer, reader: Reader) -> None:
    server.put(mail(1, "I am away", "Auto-Submitted: auto-replied; owner-email=jo@example.com"))
    server.put(mail(2, "Not delivered", "Content-Type: multipart/report; report-type=delivery-status; boundary=x"))
    server.put(mail(3, "Not delivered", "Return-Path: <>"))
    server.put(mail(4, "Not delivered").replace("jo@example.com>", "MAILER-DAEMON@example.com>", 1))
    server.put(mail(5, "A person's words"))
    assert reader.poll().new_items == 1
    assert reader.excerpts() == ["A person's words"]


def test_a_mail_is_dated_by_its_arrival_where_its_own_date_is_missing_or_lies_ahead(
    server: MailServer, reader: Reader
) -> None:
    arrived = datetime(2026, 11, 1, 9, tzinfo=UTC)
    server.put(mail(1, "Without a date").replace("Date: ", "X-Date: "), arrived)
    server.put(mail(2, "From the future").replace("2026 06", "2031 06"), arrived)
    reader.poll()
    assert {mention.at for mention in reader.store.iter_mentions()} == {arrived}


@pytest.mark.parametrize(
    ("password", "capabilities", "detail"),
    [
        ("wrong", "IMAP4rev1 AUTH=PLAIN", "Invalid credentials"),
        ("wr0ng", "IMAP4rev1", "no such password: ***"),
        ("päss", "IMAP4rev1", "accepts passwords in ASCII only"),
        ("plain", "IMAP4rev1 LOGINDISABLED", "accepts no passwords"),
    ],
)
def test_a_login_that_is_refused_says_so_without_the_password(
    server: MailServer, reader: Reader, password: str, capabilities: str, detail: str
) -> None:
    server.capabilities = capabilities
    reader.source = replace(
        reader.source, options=msgspec.structs.replace(reader.source.options, password=Secret(password))
    )
    result = reader.poll()
    assert result.outcome is Outcome.UNAUTHORIZED
    assert detail in result.detail
    assert password not in result.detail


def test_a_server_without_plain_authentication_takes_a_login(server: MailServer, reader: Reader) -> None:
    server.capabilities = "IMAP4rev1"
    reader.source = replace(
        reader.source, options=msgspec.structs.replace(reader.source.options, password=Secret("plain"))
    )
    assert reader.poll().worked


def test_a_mailbox_that_is_not_there_is_named(server: MailServer, reader: Reader) -> None:
    reader.source = replace(
        reader.source, options=msgspec.structs.replace(reader.source.options, mailbox="Kunden/Wünsche")
    )
    result = reader.poll()
    assert result.outcome is Outcome.NOT_FOUND
    assert "doesn't open the mailbox 'Kunden/Wünsche'" in result.detail
    server.folder = "Kunden/W&APw-nsche"
    server.put(mail(1, "Here"))
    assert reader.poll().new_items == 1


@pytest.mark.parametrize(
    ("command", "said", "outcome"),
    [
        ("CAPABILITY", b"", Outcome.PROTOCOL),
        ("CAPABILITY", b"HTTP/1.1 400 Bad Request\r\n\r\n", Outcome.PROTOCOL),
        ("AUTHENTICATE", b"TAG NO [UNAVAILABLE] later\r\n", Outcome.SERVER_ERROR),
        ("AUTHENTICATE", b"* BYE [LIMIT] too many\r\n", Outcome.RATE_LIMITED),
        ("EXAMINE", b"TAG OK opened\r\n", Outcome.PROTOCOL),
        ("UID SEARCH", b"* SEARCH one two\r\nTAG OK\r\n", Outcome.PROTOCOL),
        ("UID SEARCH", b"* SEARCH " + b"1 " * 2_000_000 + b"\r\nTAG OK\r\n", Outcome.PROTOCOL),
        ("UID SEARCH", b"* OK still searching\r\n" * 100_000, Outcome.TOO_LARGE),
        ("UID FETCH", b"* 1 FETCH (BODY[]<0> {999999999999}\r\n", Outcome.TOO_LARGE),
        ("UID FETCH", b"* 1 FETCH (BODY[]<0> {1000}\r\nshort", Outcome.PROTOCOL),
    ],
)
def test_whatever_a_server_does_ends_in_a_failed_poll_that_says_how(
    server: MailServer, reader: Reader, command: str, said: bytes, outcome: Outcome
) -> None:
    server.put(mail(1, "Hello"))
    server.instead[command] = said
    result = reader.poll()
    assert (result.outcome, result.new_items) == (outcome, 0)
    assert "127.0.0.1" in result.detail
    assert "Error" not in result.detail
    server.instead.clear()
    assert reader.poll().new_items == 1


def test_a_server_that_keeps_silent_is_left_in_time(server: MailServer, reader: Reader) -> None:
    server.greeting = b""
    reader.settings = replace(reader.settings, read_timeout=timedelta(seconds=0.2))
    assert reader.poll().outcome is Outcome.TIMEOUT


def test_a_mail_that_the_server_can_not_hand_over_keeps_none_of_the_others_from_being_read(
    server: MailServer, reader: Reader
) -> None:
    server.put(mail(1, "Broken on the disk"))
    server.put(mail(2, "Whole"))
    server.mails[0].body = b""
    assert reader.poll().new_items == 1


def test_a_certificate_of_an_unknown_authority_is_refused_unless_the_settings_name_it(
    server: MailServer, reader: Reader, authority: Path
) -> None:
    server.put(mail(1, "Hello"))
    reader.settings = replace(reader.settings, ca_file=None)
    assert reader.poll().outcome is Outcome.TLS
    options = msgspec.structs.replace(reader.source.options, ca_file=str(authority / "ca.pem"))
    reader.source = replace(reader.source, options=options)
    assert reader.poll().new_items == 1


def test_an_address_that_is_not_public_is_refused_unless_the_settings_allow_its_network(
    server: MailServer, reader: Reader
) -> None:
    reader.settings = replace(reader.settings, allow_networks=())
    result = reader.poll()
    assert result.outcome is Outcome.ADDRESS
    assert not server.commands


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": "https://imap.example.com"}, "host: expected the name"),
        ({"user": 'jo" "x'}, "user: expected a name"),
        ({"password": Secret("a\r\nb")}, "password: contains a line feed"),
        ({"mailbox": "IN\r\nBOX"}, "mailbox: contains a control character"),
        ({"security": "none"}, "would cross the network in clear text"),
    ],
)
def test_settings_that_can_not_work_are_refused(
    server: MailServer, authority: Path, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        Reader(server.port, authority / "ca.pem", tmp_path, **{"host": "imap.example.com", **options})


def test_names_of_mailboxes_are_written_as_imap_wants_them() -> None:
    # The example of RFC 3501, 5.1.3.
    assert encoded("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert encoded("Q&A") == "Q&-A"


def test_the_password_is_in_no_address() -> None:
    with pytest.raises(msgspec.ValidationError):
        source_of("imap", "", host="imap.example.com", user="jo")
