"""`listener alerts`: alerts, their delivery status, and retries."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.config import load
from listener.config.values import duration
from listener.errors import ListenerError
from listener.notify.plain import clean_line
from listener.storage import Store
from listener.types import Delivery, DeliveryStatus

LIMIT = 50
COLOURS = {DeliveryStatus.PENDING: "yellow", DeliveryStatus.SENT: "green", DeliveryStatus.DEAD: "red"}


@click.group(invoke_without_command=True)
@click.option(
    "--pending",
    "status",
    flag_value="pending",
    help="Only pending: waiting for a digest, the end of quiet hours, or a retry.",
)
@click.option("--dead", "status", flag_value="dead", help="Only abandoned after the last retry.")
@click.option("--sent", "status", flag_value="sent", help="Only delivered.")
@click.option("--since", metavar="WHEN", help="Only alerts raised since: 7d, 12h or 2026-11-20.")
@click.option("--channel", help="Only on this channel.")
@click.option("--rule", help="Only of this rule.")
@click.option("--brand", help="Only about this brand.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=LIMIT, show_default=True, help="Maximum number to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_context
def alerts(
    ctx: click.Context,
    status: str | None,
    since: str | None,
    channel: str | None,
    rule: str | None,
    brand: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List alerts and the status of each delivery, newest first.

    The first column is the delivery number that `listener alerts retry` takes.
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = load(ctx.obj, environ=os.environ, need_secrets=False)
    now = datetime.now(UTC)
    start = None if since is None else beginning(since, settings.timezone, now)
    with closing(Store.open(settings.database, now=now)) as store:
        listed = store.deliveries(
            status=None if status is None else DeliveryStatus(status),
            channel=channel,
            rule=rule,
            brand=brand,
            since=start,
            limit=limit,
        )
    if as_json:
        for delivery in listed:
            click.echo(json.dumps(as_record(delivery)))
    elif listed:
        show(listed, settings.timezone)
        if len(listed) == limit:
            click.echo(f"\nShowing the newest {limit}; use --limit to see more.")
    else:
        click.echo("No matching alerts." if any((status, since, channel, rule, brand)) else "No alerts yet.")


@alerts.command()
@click.argument("numbers", metavar="[NUMBER]...", type=int, nargs=-1)
@click.option("--dead", is_flag=True, help="All abandoned deliveries.")
@click.option("--failed", is_flag=True, help="All deliveries waiting for a retry.")
@click.pass_obj
def retry(settings_path: Path, numbers: Sequence[int], dead: bool, failed: bool) -> None:
    """Queue failed or abandoned deliveries for another attempt. The daemon, or `listener run --once`, sends them."""
    if bool(numbers) == (dead or failed):
        raise click.UsageError("name the numbers that `listener alerts` shows, or use --dead or --failed for all")
    settings = load(settings_path, environ=os.environ, need_secrets=False)
    now = datetime.now(UTC)
    chosen = list(numbers) or None
    with closing(Store.open(settings.database, now=now)) as store, store.write() as tx:
        again = tx.hurry_failed(chosen, now) if failed or chosen else 0
        again += tx.requeue_dead(chosen, now) if dead or chosen else 0
    left = len(set(numbers)) - again
    if numbers and left:
        raise ListenerError(f"{again} queued; {left} of the numbers given are not failed deliveries")
    click.echo(f"{again} queued for delivery." if again else "No failed deliveries.")


def beginning(since: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read a duration back from now, such as 7d, or a day or moment in ISO 8601, in a zone unless it names its own."""
    with suppress(ValueError, OverflowError):
        return now - duration(since)
    try:
        moment = datetime.fromisoformat(since)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = 'expected a duration such as "7d", or a date such as "2026-11-20"'
        raise click.BadParameter(expected, param_hint="--since") from None


def as_record(delivery: Delivery) -> dict[str, object]:
    """Return what `--json` prints of a delivery."""
    alert = delivery.alert
    waiting = delivery.status is DeliveryStatus.PENDING
    return {
        "id": delivery.id,
        "alert": alert.key,
        "created_at": alert.created_at.isoformat(),
        "rule": alert.rule,
        "on": alert.on,
        "brand": alert.brand,
        "source": alert.source,
        "title": alert.title,
        "url": alert.url,
        "tone": alert.tone,
        "channel": delivery.channel,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at.isoformat() if waiting else None,
        "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
        "last_error": delivery.last_error,
        "delivered_to": list(delivery.delivered_to),
    }


def show(listed: Sequence[Delivery], zone: ZoneInfo) -> None:
    """Print each alert with its deliveries below it: rule, channel and what became of it. Times are those of a zone."""
    table = Table(box=None, pad_edge=False)
    for title in ("no.", "when", "alert"):
        table.add_column(title, overflow="fold", no_wrap=title != "alert")
    before = None
    for delivery in listed:
        alert = delivery.alert
        became = Text(standing(delivery, zone), style=COLOURS[delivery.status])
        known = delivery.alert_id == before  # another channel of the alert above
        when, title = ("", "") if known else (local(alert.created_at, zone), f"{clean_line(alert.title, 200)}\n")
        table.add_row(str(delivery.id), when, Text.assemble(title, f"  {alert.rule}, {delivery.channel}: ", became))
        before = delivery.alert_id
    Console().print(table)


def standing(delivery: Delivery, zone: ZoneInfo) -> str:
    """Say how a delivery stands: attempts, the last error, the next attempt."""
    error = clean_line(delivery.last_error, 200)
    if delivery.status is DeliveryStatus.SENT:
        sent = f"sent {local(delivery.sent_at, zone)}" if delivery.sent_at else "sent"
        return f"{sent}, not to all: {error}" if error else sent
    if delivery.status is DeliveryStatus.DEAD:
        return f"abandoned after {times(delivery.attempts)}: {error}"
    if delivery.attempts == 0:
        return f"due {local(delivery.due_at, zone)}"
    following = f"next {local(delivery.due_at, zone)}: {error}"
    if delivery.delivered_to:
        return f"delivered to {clean_line(', '.join(delivery.delivered_to), 200)}; others {following}"
    return f"failed {times(delivery.attempts)}, {following}"


def times(number: int) -> str:
    """Say how often."""
    return "once" if number == 1 else f"{number} times"


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Say when, by the clocks of a zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
