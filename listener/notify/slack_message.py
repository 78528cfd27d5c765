"""Slack: from alerts to Block Kit. Pure.

All text of the web stands in `plain_text` objects, in which Slack parses nothing, and is escaped even there; links are
built here from addresses that were checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from listener.alerts.words import cut
from listener.notify.digest import (
    Digest,
    counted,
    digest,
    facts,
    merged,
    quoted,
    shown_at,
    title_of,
)
from listener.notify.plain import clean_line, host_of, link
from listener.types import Alert

# Slack's limits: https://docs.slack.dev/reference/block-kit/blocks
BLOCKS_LIMIT = 50
HEADER_LIMIT = 150
FIELDS_LIMIT = 10
# Slack takes 3000 characters of text and 2000 of a field; with these even one hostile alert fits into a message.
TEXT_LIMIT = 2000
FIELD_LIMIT = 500
#: Of the whole message in characters of JSON. Slack documents none; messages of more than some 13,200 are refused
#: (slackapi/bolt-js issue 2509).
MESSAGE_CHARACTERS = 12_000
#: What a message may hold of them, links and all, before the rest is counted.
ALERTS_LIMIT = 20
QUOTE_LIMIT = 1500
DIGEST_QUOTE_LIMIT = 300
FALLBACK_LIMIT = 600
DOTS = {"bad": "🔴", "plain": "⚪", "good": "🟢"}

Block = dict[str, Any]


def slack_message(alerts: Sequence[Alert], zone: ZoneInfo) -> bytes:
    """Return the JSON of one message with these alerts: as many as fit, the rest counted."""
    if not alerts:
        raise ValueError("a message needs an alert")
    alerts = merged(alerts)
    body, fitting, too_many = b"", 0, min(len(alerts), ALERTS_LIMIT) + 1
    # Halving: fewer alerts never make a longer message.
    while too_many - fitting > 1:
        limit = (fitting + too_many) // 2
        payload = payload_of(digest(alerts, limit), alerts, zone)
        encoded = msgspec.json.encode(payload)
        if limit == 1 or (len(payload["blocks"]) <= BLOCKS_LIMIT and len(encoded.decode()) <= MESSAGE_CHARACTERS):
            body, fitting = encoded, limit
        else:
            too_many = limit
    return body


def payload_of(shown: Digest, alerts: Sequence[Alert], zone: ZoneInfo) -> dict[str, Any]:
    """Build the message with just what a digest shows."""
    only = shown.single
    blocks = card(only, zone) if only else digest_blocks(shown, alerts)
    if shown.rest:
        blocks.append(context(plain(shown.rest_line, 200)))
    summary = title_of(only) if only else counted(alerts)
    return {
        # What a notification and a screen reader say. Slack reads mark-up here, so it is escaped.
        "text": escaped(clean_line(summary, FALLBACK_LIMIT), FALLBACK_LIMIT),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def card(alert: Alert, zone: ZoneInfo) -> list[Block]:
    """Show one alert at length."""
    blocks: list[Block] = [{"type": "header", "text": plain(f"{DOTS[alert.tone]} {title_of(alert)}", HEADER_LIMIT)}]
    quote = quoted(alert, QUOTE_LIMIT)
    if quote:
        blocks.append({"type": "section", "text": plain(quote, TEXT_LIMIT)})
    fields = [plain(f"{label}\n{value}", FIELD_LIMIT) for label, value in facts(alert)[:FIELDS_LIMIT]]
    if fields:
        blocks.append({"type": "section", "fields": fields})
    address = opening(alert)
    if address:
        blocks.append({"type": "section", "text": address})
    foot = f"Rule {clean_line(alert.rule, 100)} · {shown_at(alert.created_at, zone)}"
    blocks.append(context(plain(foot, 300)))
    return blocks


def digest_blocks(shown: Digest, alerts: Sequence[Alert]) -> list[Block]:
    """Show several alerts in short."""
    blocks: list[Block] = [{"type": "header", "text": plain(counted(alerts), HEADER_LIMIT)}]
    for group in shown.groups:
        blocks.append({"type": "divider"})
        if shown.named:
            blocks.append(context(plain(f"{group.name} ({len(group.alerts)})", 100)))
        for alert in group.alerts:
            blocks.append({"type": "section", "text": plain(brief(alert), TEXT_LIMIT)})
            told = "; ".join(f"{label}: {value}" for label, value in facts(alert)[:4])
            foot = [element for element in (opening(alert), plain(told, 400) if told else None) if element]
            if foot:
                blocks.append(context(*foot))
    return blocks


def brief(alert: Alert) -> str:
    """Return title and the start of the quote."""
    title = f"{DOTS[alert.tone]} {title_of(alert)}"
    quote = quoted(alert, DIGEST_QUOTE_LIMIT, lines=False)
    return f"{title}\n{quote}" if quote else title


def opening(alert: Alert) -> Block | None:
    """Return a link to where an alert comes from; None where there is no http(s) address."""
    address = link(alert.url)
    if address is None:
        return None
    shown = f"<{escape(address)}|Open on {escape(host_of(address))}>"
    # verbatim: nothing in it becomes a link by itself.
    return {"type": "mrkdwn", "text": shown, "verbatim": True} if len(shown) <= TEXT_LIMIT else None


def plain(text: str, limit: int) -> Block:
    """Return a text object in which Slack parses nothing, not even emoji names."""
    return {"type": "plain_text", "text": escaped(text, limit) or "–", "emoji": False}


def context(*elements: Block) -> Block:
    """Return a block of small print."""
    return {"type": "context", "elements": list(elements)}


def escape(text: str) -> str:
    """Escape the three characters that Slack asks to escape."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(text: str, limit: int) -> str:
    """Escape text and keep the result within a limit, cutting no escape in two."""
    room = limit
    while len(result := escape(cut(text, room))) > limit:
        room -= max(1, (len(result) - limit) // 5)
    return result
