"""What messages look like: compared with files to be read, and what no alert may do to them."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.channels import EmailSettings
from listener.notify.console import ConsoleChannel
from listener.notify.digest import counted, digest, merged, quoted, segments
from listener.notify.mail_message import MailWriter
from listener.notify.slack_message import escape, escaped, slack_message
from listener.notify.webhook import Payload, documents
from listener.types import Alert, RuleOn

BERLIN = ZoneInfo("Europe/Berlin")
MESSAGE_ID = "00112233445566778899aabbccddeeff"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOSTILE = [
    "title\r\nBcc: everyone@example.com\r\n\r\nbody",
    "<!channel> <!here> <@U123> <#C123> @channel",
    "<http://evil.example|click here> http://evil.example",
    '<script>alert(1)</script><img src="http://evil.example/p.png">&lt;b&gt;',
    "\u202e gnp.exe \u2066hidden\u2069 \u200b\ufeff",
    "\x1b[2J\x1b]0;owned\x07",
    "A" * 100_000,
    "é\u0301" * 50_000,
    "&<>" * 30_000,
    "word " * 20_000,
    "lone surrogate \ud83d here",
    "[-gone-]{+new+}[-{+" * 2000,
    "{{ 7 * 7 }} {% raw %} ${jndi:ldap://x}",
    "",
]


def writer(**changes: object) -> MailWriter:
    table = {
        "host": "smtp.example.com",
        "from": "Listener Ünit <listener@example.com>",
        "to": ["team@example.com", "Jo <jo@example.com>"],
        "security": "none",
        **changes,
    }
    return MailWriter(msgspec.convert(table, EmailSettings), BERLIN)


def written(alerts: list[Alert], **changes: object) -> EmailMessage:
    """Write a message and read it back from its bytes, as a receiver does."""
    raw = writer(**changes).write(alerts, message_id=MESSAGE_ID, now=NOW).as_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def all_text(alert_text: str, make: Callable[..., Alert], on: RuleOn = "mention") -> Alert:
    """Return an alert that says the same text in every place that the web can write to."""
    return make(
        title=alert_text,
        quote=alert_text,
        url="https://example.com/" + alert_text[:100],
        facts=((alert_text, alert_text), ("Author", alert_text)),
        brand=alert_text[:50] or None,
        thread=alert_text[:50],
        on=on,
    )


# --- golden


def check_mail(golden: Callable[[str, str], None], name: str, alerts: list[Alert]) -> None:
    message = written(alerts)
    headers = "".join(f"{key}: {value}\n" for key, value in message.items())
    golden(f"{name}.txt", f"{headers}\n{part(message, 'plain')}")
    golden(f"{name}.html", part(message, "html"))


def test_a_mail_about_one_mention(golden: Callable[[str, str], None], alert: Callable[..., Alert]) -> None:
    check_mail(golden, "mail-mention", [alert()])


def test_a_mail_about_a_changed_answer(golden: Callable[[str, str], None], change: Alert) -> None:
    check_mail(golden, "mail-change", [change])


def test_a_mail_about_several_alerts(golden: Callable[[str, str], None], mixed: list[Alert], change: Alert) -> None:
    check_mail(golden, "mail-digest", [*mixed, change])


def pretty(body: bytes) -> str:
    return json.dumps(json.loads(body), indent=1, ensure_ascii=False) + "\n"


def test_slack_messages(
    golden: Callable[[str, str], None], alert: Callable[..., Alert], mixed: list[Alert], change: Alert
) -> None:
    golden("slack-mention.json", pretty(slack_message([alert()], BERLIN)))
    golden("slack-change.json", pretty(slack_message([change], BERLIN)))
    golden("slack-digest.json", pretty(slack_message([*mixed, change], BERLIN)))


def test_webhook_documents(golden: Callable[[str, str], None], mixed: list[Alert]) -> None:
    ((identity, body),) = documents("hook", mixed, MESSAGE_ID)
    assert identity == MESSAGE_ID
    golden("webhook.json", pretty(body))


def test_console_lines(golden: Callable[[str, str], None], mixed: list[Alert], change: Alert) -> None:
    golden("console.txt", ConsoleChannel("screen").render([*mixed, change], message_id=MESSAGE_ID, now=NOW))


@pytest.mark.parametrize(
    ("quote", "was", "now"),
    [
        ("You can leave [-at any time,-] {+once a year,+} for free.", "You can leave at any time, for free.",
         "You can leave once a year, for free."),
        ("{+All new+}", "", "All new"),
        ("… the [-old-] end", "… the old end", "… the end"),
        ("no mark [- at all", "no mark [- at all", "no mark [- at all"),
    ],
)  # fmt: skip
def test_a_difference_has_two_sides(change: Alert, quote: str, was: str, now: str) -> None:
    told = quoted(replace(change, quote=quote), 400)
    assert told == (f"Was: {was or '–'}\nNow: {now}" if was != now else quote)


def test_slack_tells_a_change_of_words_as_what_was_and_what_is(change: Alert) -> None:
    text = slack_message([replace(change, quote="{+Only today+}")], BERLIN).decode()
    assert r"Was: –\nNow: Only today" in text
    assert "{+" not in text


# --- order and number


def test_the_worst_comes_first_and_the_rest_is_counted(mixed: list[Alert]) -> None:
    shown = digest(mixed, 3)
    assert [(group.name, [one.tone for one in group.alerts]) for group in shown.groups] == [
        ("acme", ["bad", "bad"]),
        ("globex", ["plain"]),
    ]
    assert [one.key for one in shown.groups[0].alerts] == ["d" * 32, mixed[3].key], "the older of two bad ones first"
    assert (shown.total, shown.rest, shown.rest_line) == (4, 1, "and 1 more: listener alerts")
    assert counted(mixed) == "4 alerts: acme 2, sources 1, globex 1"


def test_of_alerts_as_bad_the_heaviest_comes_first_and_its_brand_with_it(mixed: list[Alert]) -> None:
    heavy = replace(mixed[3], key="h" * 32, brand="globex", weight=0.7)
    good = replace(mixed[0], weight=0.9)
    shown = digest([*mixed[2:], heavy, replace(heavy, key="i" * 32, weight=0.8), good], 4)
    assert [(group.name, [one.key[0] for one in group.alerts]) for group in shown.groups] == [
        ("globex", ["i", "h"]),
        ("acme", ["d", "0"]),
    ]


def test_a_flood_fits_into_one_message_and_says_how_much_is_missing(alert: Callable[..., Alert]) -> None:
    flood = [alert(key=str(number)) for number in range(87)]
    message = written(flood)
    assert "and 37 more: listener alerts" in part(message, "plain")
    assert "and 37 more: listener alerts" in part(message, "html")
    assert message["Subject"] == "[listener] acme: 87 alerts"
    assert len(part(message, "html")) < 80_000, "Gmail clips what is longer than 102 kB"
    blocks = json.loads(slack_message(flood, BERLIN))["blocks"]
    shown = sum(block["type"] == "section" for block in blocks)
    assert 5 <= shown <= 20
    assert blocks[-1]["elements"][0]["text"] == f"and {87 - shown} more: listener alerts"


def test_a_message_about_one_brand_names_it_in_its_heading_alone(alert: Callable[..., Alert]) -> None:
    two = [alert(key=str(number)) for number in range(2)]
    message = written(two)
    assert message["Subject"] == "[listener] acme: 2 alerts"
    for text in (part(message, "plain"), part(message, "html"), slack_message(two, BERLIN).decode()):
        assert "acme: 2 alerts" in text
        assert "(2)" not in text
    message = written([*two, alert(key="other", brand="globex")])
    assert "acme (2)" in part(message, "plain")
    assert "</bdi> (1)" in part(message, "html")


def test_many_brands_are_named_and_the_others_counted(alert: Callable[..., Alert]) -> None:
    assert counted([alert(brand=f"b{n}") for n in range(8)]) == "8 alerts: b0 1, b1 1, b2 1, b3 1, b4 1 and 3 others"


def test_a_message_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an alert"):
        digest([], 5)
    with pytest.raises(ValueError, match="needs an alert"):
        slack_message([], BERLIN)


# --- mail


@pytest.mark.parametrize("length", range(50, 90))
def test_a_subject_begins_in_its_first_line(length: int, alert: Callable[..., Alert]) -> None:
    title = "acme: " + ("word " * length)[: length - 7].strip() + "x"
    raw = writer().write([alert(title=title)], message_id=MESSAGE_ID, now=NOW).as_bytes()
    assert f"\r\nSubject: [listener] {title[:40]}".encode() in b"\r\n" + raw
    assert str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"]) == f"[listener] {title}"


def test_headers_let_programs_sort_thread_and_keep_silent(change: Alert) -> None:
    message = written(
        [change], unsubscribe="mailto:listener@example.com?subject=unsubscribe", list_id="alerts.example.com"
    )
    assert message["Message-ID"] == f"<{MESSAGE_ID}@example.com>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<alerts.example.com>"
    assert message["List-Unsubscribe"] == "<mailto:listener@example.com?subject=unsubscribe>"
    assert (message["X-Listener-Rule"], message["X-Listener-Brand"]) == ("faqs", "globex")
    assert message["X-Listener-Severity"] == "normal"
    assert message["From"].addresses[0].display_name == "Listener Ünit"
    assert [one.addr_spec for one in message["To"].addresses] == ["team@example.com", "jo@example.com"]
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.get_content_type() == "multipart/alternative"


def test_mails_of_a_thread_share_root_and_subject(change: Alert, alert: Callable[..., Alert]) -> None:
    other = alert(key="x", thread=change.thread, title="something else", brand="globex")
    first, second, both = written([change]), written([other]), written([change, other])
    assert first["Subject"] == second["Subject"] == both["Subject"] == "[listener] globex: FAQ (globex-faq)"
    assert first["References"] == second["References"] == both["References"] == first["In-Reply-To"]
    alone = written([alert()])
    assert alone["References"] is None
    assert alone["In-Reply-To"] is None
    assert "Lost our backups".lower() in alone["Subject"].lower()
    assert written([change, alert()])["References"] is None


def test_headers_for_programs_are_not_encoded_however_long_they_are(change: Alert) -> None:
    host = "notifications.eu-central-1.monitoring.a-company-with-a-name.example.com"
    link = f"https://example.com/unsubscribe?token={'a' * 400}"
    sent = (
        writer(**{"from": f"listener@{host}"}, unsubscribe=link)
        .write([change], message_id=MESSAGE_ID, now=NOW)
        .as_bytes()
    )
    lines = sent.decode().split("\r\n")
    assert f"List-Unsubscribe: <{link}>" in lines
    assert f"List-Id: <listener.{host}>" in lines
    threads = [line for line in lines if line.startswith(("References: ", "In-Reply-To: "))]
    assert len(threads) == 2
    assert all(line.endswith(f"@{host}>") and ": <thread." in line for line in threads)


def test_the_same_message_has_the_same_bytes(mixed: list[Alert]) -> None:
    one = writer().write(mixed, message_id=MESSAGE_ID, now=NOW).as_bytes()
    assert one == writer().write(mixed, message_id=MESSAGE_ID, now=NOW).as_bytes()
    assert one.isascii()
    assert max(len(line) for line in one.split(b"\r\n")) <= 998


addresses = st.from_regex(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,9})?@[a-z0-9]{1,9}(-[a-z]{1,4})?\.[a-z]{2,5}",
    fullmatch=True,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=addresses, name=st.text(min_size=1, max_size=20))
def test_whoever_the_settings_take_can_be_written_to(address: str, name: str, alert: Callable[..., Alert]) -> None:
    usable = name.isprintable() and name.strip() and not set(name) & set('<>"\\')
    receiver = f"{name} <{address}>" if usable else address
    message = written([alert()], to=[receiver])
    assert [one.addr_spec for one in message["To"].addresses] == [address]


def test_a_difference_is_split_into_runs() -> None:
    assert segments("a [-b-] {+c+}d") == [("same", "a "), ("gone", "b"), ("same", " "), ("new", "c"), ("same", "d")]
    assert segments("") == []


def test_a_long_subject_is_cut_at_a_word(alert: Callable[..., Alert]) -> None:
    subject = written([alert(title="word " * 100)])["Subject"]
    assert len(subject) <= 120
    assert subject.endswith(" word…")


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("on", ["mention", "faq"])
def test_no_text_breaks_out_of_a_mail(number: int, on: RuleOn, alert: Callable[..., Alert]) -> None:
    hostile = all_text(HOSTILE[number], alert, on)
    for alerts in ([hostile], [hostile, alert()]):
        message = written(alerts)
        assert message["Bcc"] is None
        assert message.defects == []
        assert len(message["Subject"]) <= 120
        assert len(message.as_bytes()) < 60_000
        for kind in ("plain", "html"):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]", part(message, kind))
        lines = part(message, "plain").split("\n")
        assert all(len(line) <= 78 or "https://" in line for line in lines)
        page = part(message, "html")
        assert not re.search(r"<(script|img|iframe|object|link|form|a href=\"(?!https://))", page, re.IGNORECASE)


def test_a_template_in_a_title_is_just_a_title(alert: Callable[..., Alert]) -> None:
    assert "{{ 7 * 7 }} {% raw %}" in part(written([alert(title="{{ 7 * 7 }} {% raw %}")]), "html")


def test_html_shows_marks_of_differences_only_where_pages_are_compared(
    change: Alert, alert: Callable[..., Alert]
) -> None:
    assert "<del" in part(written([change]), "html")
    assert "&lt;i&gt;time&lt;/i&gt;" in part(written([change]), "html")
    assert "<del" not in part(written([alert(quote="[-not a difference-]")]), "html")


# --- Slack


def texts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every text object of a message."""
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)


LIMITS = {"header": 150, "section": 3000}


def check_slack(body: bytes) -> None:
    """Fail where a message breaks one of Slack's limits, or holds mark-up that isn't a link of ours."""
    message = json.loads(body)
    assert len(body.decode()) <= 13_000
    assert len(message["blocks"]) <= 50
    assert message["unfurl_links"] is False
    assert message["text"]
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", message["text"])
    for block in message["blocks"]:
        if block["type"] in LIMITS and "text" in block:
            assert 1 <= len(block["text"]["text"]) <= LIMITS[block["type"]]
        assert len(block.get("fields", ())) <= 10
        assert all(len(one["text"]) <= 2000 for one in block.get("fields", ()))
        assert len(block.get("elements", ())) <= 10
    for text in texts(message["blocks"]):
        if text["type"] == "mrkdwn":
            assert text["verbatim"] is True
            assert re.fullmatch(r"<https?://[^<>|\s]+\|Open on [^<>|]+>", text["text"])
        else:
            assert text["emoji"] is False
            assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text["text"])


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_text_breaks_out_of_a_slack_message(number: int, alert: Callable[..., Alert]) -> None:
    hostile = all_text(HOSTILE[number], alert)
    check_slack(slack_message([hostile], BERLIN))
    check_slack(slack_message([hostile] * 30, BERLIN))
    check_slack(slack_message([alert(), hostile], BERLIN))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(data=st.data())
def test_slack_limits_hold_for_any_alerts(data: st.DataObject, alert: Callable[..., Alert]) -> None:
    text = st.text(max_size=200) | st.sampled_from(HOSTILE)
    alerts = [
        alert(
            title=data.draw(text),
            quote=data.draw(text),
            url=data.draw(st.none() | text.map(lambda one: "https://example.com/" + one[:300])),
            facts=tuple(data.draw(st.lists(st.tuples(text, text), max_size=12))),
            tone=data.draw(st.sampled_from(["bad", "plain", "good"])),
            brand=data.draw(st.none() | text),
        )
        for _ in range(data.draw(st.integers(1, 8)))
    ]
    check_slack(slack_message(alerts, BERLIN))


@given(st.text(st.sampled_from("&<>abc 😡")), st.integers(1, 40))
def test_escaping_keeps_its_limit_and_cuts_no_escape_in_two(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert len(shown) <= limit
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
    if len(escape(text)) <= limit:
        assert shown == escape(text)


def test_what_several_rules_tell_of_one_cause_is_told_once(alert: Callable[..., Alert]) -> None:
    alerts = [alert(), alert(key="b" * 32, rule="pain"), alert(key="c" * 32, rule="pain", title="Another")]
    told = merged(alerts)
    assert [(one.rule, one.title) for one in told] == [("angry, pain", alerts[0].title), ("pain", "Another")]
    message = written(alerts[:2])
    assert message["X-Listener-Rule"] == "angry, pain"
    assert "2 alerts" not in message.as_string()


def test_what_one_rule_tells_twice_are_two_alerts(alert: Callable[..., Alert]) -> None:
    assert len(merged([alert(), alert(key="b" * 32)])) == 2


# --- webhooks and console


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_webhook_document_can_be_read_back_whatever_it_says(number: int, alert: Callable[..., Alert]) -> None:
    ((_, body),) = documents("hook", [all_text(HOSTILE[number], alert)], MESSAGE_ID)
    payload = msgspec.json.decode(body, type=Payload)
    assert payload.type == "listener.alerts"
    assert len(body) < 60_000


def test_many_alerts_are_several_documents_with_ids_of_their_own(alert: Callable[..., Alert]) -> None:
    alerts = [alert(key=str(number)) for number in range(250)]
    parts = list(documents("hook", alerts, MESSAGE_ID))
    assert [identity for identity, _ in parts] == [f"{MESSAGE_ID}-{number}" for number in (1, 2, 3)]
    keys = [one.key for _, body in parts for one in msgspec.json.decode(body, type=Payload).data.alerts]
    assert keys == [one.key for one in alerts]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_the_console_shows_no_escape_and_no_endless_line(number: int, alert: Callable[..., Alert]) -> None:
    text = ConsoleChannel("screen").render([all_text(HOSTILE[number], alert)], message_id="x", now=NOW)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert max(len(line) for line in text.split("\n")) < 2500
