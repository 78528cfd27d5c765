"""`listener demo`: replays four weeks of a made-up web in under a minute, with the daemon's own code."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from listener import demo as web_of_demo
from listener.alerts import change_title
from listener.app import App, load_settings, system_clock
from listener.cli.export import export
from listener.errors import ListenerError
from listener.plugins import bundled
from listener.storage import Mention, Store

DAYS = 28
FILES = ("demo.db", "demo.toml", "demo-trends.csv")
#: Simulated time jumps no less than this: what falls due meanwhile is done together.
STEP = timedelta(minutes=15)
#: Between two looks at the trends, which the daemon takes every hour.
LOOK = timedelta(hours=3)
#: Heights of a bar in the terminal's chart.
BARS = " ▁▂▃▄▅▆▇█"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--force", is_flag=True, help="Overwrite the files of an earlier demo.")
def demo(folder: Path, force: bool) -> None:
    """Replay four weeks of a small made-up web, with real feeds, mail and Slack messages, on this machine only.

    Writes demo.db, demo.toml and demo-trends.csv to FOLDER (the current folder by default).
    """
    folder.mkdir(parents=True, exist_ok=True)
    left = [name for name in FILES if (folder / name).exists()]
    if left and not force:
        raise ListenerError(f"{folder / left[0]} already exists; run `listener demo --force` to overwrite it")
    for name in [*FILES, "demo.db-wal", "demo.db-shm"]:
        (folder / name).unlink(missing_ok=True)
    end = system_clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - timedelta(days=DAYS)
    clock = web_of_demo.Clock(start)
    with served(clock, start) as (web, mailbox):
        settings_path = folder / "demo.toml"
        settings_path.write_text(web_of_demo.settings(web, mailbox), encoding="utf-8")
        app = App(load_settings(settings_path), clock=clock)
        with app.store.hold():
            polls = play(app, clock, start, end)
        app.drain(timedelta(seconds=10))
        show(app.store, start, end, polls, web, mailbox)
        export.main(
            ["trends", "--by", "day", "-o", str(folder / "demo-trends.csv")], obj=settings_path, standalone_mode=False
        )
        app.close()
    look_further(folder)


@contextmanager
def served(clock: web_of_demo.Clock, start: datetime) -> Iterator[tuple[web_of_demo.Web, web_of_demo.Mailbox]]:
    """Serve the demo's web and mailbox while the block runs."""
    web = web_of_demo.Web(bundled("config") / "demo", clock, start)
    mailbox = web_of_demo.Mailbox()
    mailbox.open()
    try:
        yield web, mailbox
    finally:
        mailbox.close()
        web.close()


def play(app: App, clock: web_of_demo.Clock, start: datetime, end: datetime) -> Counter[str]:
    """Let time jump to whatever is due next, until the end; return counts of polls by outcome."""
    polls: Counter[str] = Counter()
    console = Console(stderr=True)
    app.start()
    next_look = start
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"Playing {DAYS} days", total=(end - start).total_seconds())
        while clock() < end:
            app.poll_due(lambda result: polls.update([result.outcome.value]))
            if clock() >= next_look:
                app.look_at_trends(clock())
                next_look = clock() + LOOK
            app.send_due()
            due = [at for at in (app.store.next_due(), app.store.next_delivery_due()) if at is not None]
            clock.set(max(min([*due, end]), clock() + STEP))
            bar.update(task, completed=(clock() - start).total_seconds())
    return polls


def show(
    store: Store,
    start: datetime,
    end: datetime,
    polls: Counter[str],
    web: web_of_demo.Web,
    mailbox: web_of_demo.Mailbox,
) -> None:
    """Print what the four weeks came to."""
    console = Console()
    failed = sum(count for outcome, count in polls.items() if outcome not in ("ok", "not-modified", "deferred"))
    console.print(
        f"{DAYS} days of {len(web_of_demo.FEEDS)} feeds and {len(web_of_demo.PAGES)} pages: {polls.total()} polls, "
        f'{polls["not-modified"]} answered "not modified" (304), {failed} failed.',
        soft_wrap=True,
    )
    mentions = list(store.iter_mentions(start=start, end=end + timedelta(days=1)))
    table = Table(box=None, pad_edge=False)
    for title in ("brand", "mentions", "stories", "positive", "neutral", "negative", "pain points"):
        table.add_column(title)
    for brand in ("acme", "globex"):
        own = [mention for mention in mentions if mention.brand == brand]
        labels = Counter(mention.sentiment.label for mention in own)
        pains = Counter(topic for mention in own for topic, _ in mention.pains)
        table.add_row(
            brand, str(len(own)), str(sum(mention.first_of_story for mention in own)),
            str(labels["positive"]), str(labels["neutral"]), str(labels["negative"]),
            ", ".join(f"{topic} {count}" for topic, count in pains.most_common(3)),
        )  # fmt: skip
    console.print()
    console.print(table)
    console.print()
    for label, colour in (("positive", "green"), ("negative", "red")):
        line = chart([m for m in mentions if m.brand == "acme" and m.sentiment.label == label], start)
        console.print(Text.assemble(f"acme, {label} per day  ", (line, colour), f"  until {end:%d %b}"))
    console.print()
    for stored in store.pages.iter_changes(start):
        console.print(
            Text(f"{stored.confirmed_at:%d %b}  {change_title(stored.brand or stored.source, stored.change)}")
        )
    console.print()
    console.print(f"{len(mailbox.mails)} mails and {len(web.slack)} Slack messages were delivered. The last ones:")
    for mail in mailbox.mails[-3:]:
        console.print(Text(f"  mail   {mail['subject']}"), soft_wrap=True)
    for message in web.slack[-3:]:
        console.print(Text(f"  slack  {str(message.get('text', '')).splitlines()[0][:100]}"), soft_wrap=True)


def chart(mentions: Sequence[Mention], start: datetime) -> str:
    """Return a bar for each day."""
    days = Counter((mention.at - start).days for mention in mentions)
    top = max(days.values(), default=1)
    return "".join(BARS[-(-days[day] * (len(BARS) - 1) // top)] for day in range(DAYS))


def look_further(folder: Path) -> None:
    """Print the commands to go on with."""
    # Not every environment that it runs in is on the path: `make demo` makes one of its own.
    typed = sys.argv[0] if Path(sys.argv[0]).name == "listener" else "listener"
    listener = "listener" if shutil.which("listener") else typed
    config = f"-c {folder / 'demo.toml'}"
    click.echo(f"\nFiles written: {', '.join(str(folder / name) for name in FILES)}\nNext steps:")
    steps = (
        (f"{listener} {config} alerts", "alerts and their delivery status"),
        (f"{listener} {config} mentions", "the newest mentions"),
        (f"{listener} {config} pains", "pain points by frequency and severity"),
        (f"{listener} {config} export mentions", "every mention with its sentiment and pain points, as CSV"),
        (f"{listener} {config} sources", "the state of each source"),
        (f"{listener} init", "start with your own brand, in a new folder"),
    )
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        click.echo(f"  {command:<{width}}  {what}")
