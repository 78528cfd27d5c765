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
from listener.notify.digest import Digest, counted, digest, facts, shown_at
from listener.notify.plain import clean, clean_line, host_of, link
from listener.types import Alert

# Slack's limits: https://docs.slack.dev/reference/block-kit/blocks
BLOCKS_LIMIT = 50
SECTION_LIMIT = 3000
HEADER_LIMIT = 150
FIELD_LIMIT = 2000
FIELDS_LIMIT = 10
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
    for limit in range(min(len(alerts), ALERTS_LIMIT), 0, -1):
        shown = digest(alerts, limit)
        payload = payload_of(shown, alerts, zone)
        body = msgspec.json.encode(payload)
        if limit == 1 or (len(payload["blocks"]) <= BLOCKS_LIMIT and len(body.decode()) <= MESSAGE_CHARACTERS):
            return body
    raise ValueError("a message needs an alert")


def payload_of(shown: Digest, alerts: Sequence[Alert], zone: ZoneInfo) -> dict[str, Any]:
    """Build the message with just what a digest shows."""
    only = shown.single
    blocks = card(only, zone) if only else digest_blocks(shown, alerts)
    if shown.rest:
        blocks.append(context(plain(shown.rest_line, 200)))
    summary = only.title if only else counted(alerts)
    return {
        # What a notification and a screen reader say. Slack reads mark-up here, so it is escaped.
        "text": escaped(clean_line(summary, FALLBACK_LIMIT), FALLBACK_LIMIT),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def card(alert: Alert, zone: ZoneInfo) -> list[Block]:
    """Show one alert at length."""
    blocks: list[Block] = [
        {"type": "header", "text": plain(f"{DOTS[alert.tone]} {clean_line(alert.title, 300)}", HEADER_LIMIT)}
    ]
    quote = clean(alert.quote, QUOTE_LIMIT)
    if quote:
        blocks.append({"type": "section", "text": plain(quote, SECTION_LIMIT)})
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
        blocks.append(context(plain(f"{clean_line(group.name, 60)} ({len(group.alerts)})", 100)))
        for alert in group.alerts:
            blocks.append({"type": "section", "text": plain(brief(alert), SECTION_LIMIT)})
            told = "; ".join(f"{label}: {value}" for label, value in facts(alert)[:4])
            foot = [element for element in (opening(alert), plain(told, 400) if told else None) if element]
            if foot:
                blocks.append(context(*foot))
    return blocks


def brief(alert: Alert) -> str:
    """Return title and the start of the quote."""
    title = f"{DOTS[alert.tone]} {clean_line(alert.title, 300)}"
    quote = clean_line(alert.quote, DIGEST_QUOTE_LIMIT)
    return f"{title}\n{quote}" if quote else title


def opening(alert: Alert) -> Block | None:
    """Return a link to where an alert comes from; None where there is no http(s) address."""
    address = link(alert.url)
    if address is None:
        return None
    shown = f"<{escape(address)}|Open on {escape(host_of(address))}>"
    # verbatim: nothing in it becomes a link by itself.
    return {"type": "mrkdwn", "text": shown, "verbatim": True} if len(shown) <= SECTION_LIMIT else None


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
