"""`listener channels`: lists and tests notification channels."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec
from msgspec.structs import asdict
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.channels import CHANNEL_TYPES, ChannelSettings, EmailSettings, Secret, SlackSettings, WebhookSettings
from listener.config import SecretUse, Settings, load
from listener.errors import ListenerError
from listener.notify import build, sample_alert


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is listed."""

    channel: str
    #: None: left out, because a secret isn't here.
    type: str | None
    target: str
    quiet: str | None = None
    gap_seconds: float | None = None
    rules: tuple[str, ...] = ()


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_context
def channels(ctx: click.Context, as_json: bool) -> None:
    """List notification channels and the rules that use them. Secrets are masked."""
    if ctx.invoked_subcommand is not None:
        return
    settings = load(ctx.obj, environ=os.environ, need_secrets=False)
    rows = [row(name, channel, settings) for name, channel in settings.channels.items()]
    rows += [Row(channel=name, type=None, target=wanting(uses)) for name, uses in missing(settings).items()]
    if as_json:
        for one in rows:
            click.echo(json.dumps(asdict(one)))
    elif rows:
        show(rows)
    else:
        click.echo("No channels. Add a table [channels.NAME] to the settings; docs/channels.md says how.")


@channels.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Show the message instead of sending it.")
@click.pass_obj
def test(settings_path: Path, name: str, dry_run: bool) -> None:
    """Send a test message to a channel."""
    settings = load(settings_path, environ=os.environ, need_secrets=False)
    if name in missing(settings):
        raise ListenerError(f"the channel {name} can't be used here: {wanting(missing(settings)[name])}")
    if name not in settings.channels:
        known = ", ".join(settings.channels) or "none"
        raise ListenerError(f"no channel {name!r} in {settings.path}; defined: {known}")
    now = datetime.now(UTC)
    channel = build(name, settings.channels[name], settings.timezone)
    alerts = [sample_alert(name, now)]
    message_id = alerts[0].key
    if dry_run:
        click.echo(channel.render(alerts, message_id=message_id, now=now), nl=False)
        return
    channel.send(alerts, message_id=message_id, now=now)
    click.echo(f"Sent a test message over {name}: {target(settings.channels[name])}.", err=True)


def missing(settings: Settings) -> dict[str, list[SecretUse]]:
    """Return the secrets that aren't here, by the name of the channel that was left out for them."""
    wanted: dict[str, list[SecretUse]] = {}
    for use in settings.secrets:
        section, _, rest = use.key.partition(".")
        name = rest.partition(".")[0]
        if section == "channels" and not use.found and name not in settings.channels:
            wanted.setdefault(name, []).append(use)
    return wanted


def wanting(uses: Sequence[SecretUse]) -> str:
    """Say which secrets aren't here."""
    kinds = {"env": "environment variable", "file": "file", "credential": "credential"}
    return "; ".join(f"{use.key} wants the {kinds[use.by]} {use.name}" for use in uses)


def row(name: str, channel: ChannelSettings, settings: Settings) -> Row:
    """Return a usable channel as it is listed."""
    return Row(
        channel=name,
        type=next(kind for kind, record in CHANNEL_TYPES.items() if type(channel) is record),
        target=target(channel),
        quiet=channel.quiet or None,
        gap_seconds=channel.gap.total_seconds(),
        rules=tuple(rule.name for rule in settings.alerts if name in rule.channels),
    )


def target(channel: ChannelSettings) -> str:
    """Say where a channel leads, without its secrets."""
    match channel:
        case EmailSettings():
            user = f" as {channel.username}" if channel.username else ""
            how = "unencrypted" if channel.security == "none" else channel.security
            return f"{', '.join(channel.to)} by {channel.host}:{channel.server_port} ({how}){user}"
        case SlackSettings():
            return f"{place(channel.url)}/***"
        case WebhookSettings():
            return f"{place(channel.url)}/*** ({'signed' if channel.secret else 'not signed'})"
        case _:
            return "standard output"


def place(url: Secret) -> str:
    """Return scheme and host of an address whose rest is a secret."""
    parts = urlsplit(url.reveal())
    return f"{parts.scheme}://{parts.netloc}"


def show(rows: Sequence[Row]) -> None:
    """Print a table."""
    table = Table(box=None, pad_edge=False)
    for title in ("channel", "type", "target", "quiet", "rules"):
        table.add_column(title, overflow="fold")
    for one in rows:
        table.add_row(
            Text(one.channel),
            Text(one.type) if one.type else Text("secret missing", style="red"),
            Text(one.target),
            Text(one.quiet or ""),
            Text(", ".join(one.rules)) if one.rules else Text("none", style="yellow"),
        )
    Console().print(table)
