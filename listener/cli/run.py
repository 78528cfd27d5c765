"""`listener run`: the daemon, or one round of polls."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import click

from listener import logs
from listener.app import App, open_app
from listener.dispatch import describe, level_of
from listener.memory import keep_all, share_arenas
from listener.pipeline import PollResult
from listener.rounds import Wait
from listener.systemd import Notifier
from listener.text import counted
from listener.types import Outcome

#: Between two times that rounds look for what is to be forgotten; shorter than the day between two rounds of a timer.
UPKEEP_EVERY = timedelta(hours=20)


@click.command()
@click.option(
    "--once", is_flag=True, help="Poll every source once regardless of its schedule, send what is due, and exit."
)
@click.option("-v", "--verbose", is_flag=True, help="Log more, including polls without news.")
@click.pass_obj
def run(settings_path: Path, once: bool, verbose: bool) -> None:
    """Run the daemon: poll sources, analyse items, send alerts.

    Runs until SIGTERM or Ctrl-C; SIGHUP reloads the settings.

    With --once, a source whose host must not be contacted for more than a minute is skipped. The exit status is 0 if
    every source was polled successfully, 1 if any failed or was skipped.
    """
    share_arenas()
    keep_all()
    logs.set_up(os.environ, verbose=verbose)
    if not once:
        from listener.daemon import Daemon  # with the scheduler, which a single round needs none of

        Daemon(lambda: open_app(settings_path), Notifier.from_environment(os.environ)).run()
        return
    with closing(open_app(settings_path)) as app, app.store.hold():
        app.start()
        silent = run_once(app, verbose=verbose)
    keep_all()  # the process ends: looking through all that it learned would take 0.4 s once more
    if silent:
        raise SystemExit(1)


def run_once(app: App, *, verbose: bool = False) -> int:
    """Poll everything once, with a line for each source that has something to tell, or for all if `verbose`.

    Returns the number of sources that failed or were skipped.
    """
    counts: Counter[str] = Counter()
    outcomes: Counter[Outcome] = Counter()
    # On a terminal a bar shows that it goes on.
    at_least = logging.DEBUG if verbose else logging.WARNING if sys.stderr.isatty() else logging.INFO
    with _progress(app) as (advance, say):

        def done(result: PollResult) -> None:
            outcomes[result.outcome] += 1
            counts["failed"] += not result.worked
            counts["items"] += result.new_items
            counts["mentions"] += result.mentions
            counts["alerts"] += result.alerts
            advance()
            if level_of(result) >= at_least:
                say(describe(result))

        def waiting(wait: Wait) -> None:
            say(f"waiting {wait.time.total_seconds():.0f} s for {wait.source}: {wait.why}")

        not_asked = app.poll_all(done, waiting)
    for one in not_asked:
        click.echo(f"{one.source}: skipped: {one.why}", err=True)
    counts["alerts"] += app.look_at_trends(app.clock())
    messages = app.send_due()
    if app.upkeep_due(app.clock(), UPKEEP_EVERY):
        app.upkeep(app.clock())  # whoever runs rounds by a timer has no daemon that does it at night
    click.echo(
        f"{counted(outcomes.total(), 'source')} polled{_by_outcome(outcomes)}, "
        f"{counts['failed']} failed, {len(not_asked)} skipped; "
        f"{counted(counts['items'], 'new item')}, {counted(counts['mentions'], 'mention')}, "
        f"{counted(counts['alerts'], 'alert')}; {counted(sum(one.sent for one in messages), 'alert')} sent."
    )
    for message in messages:
        if message.error:
            click.echo(f"{message.channel}: {message.error}", err=True)
    silent = counts["failed"] + len(not_asked)
    if silent:
        click.echo("For details and fixes: listener sources --failing")
    return silent


def _by_outcome(outcomes: Counter[Outcome]) -> str:
    """Return how many polls ended how, the most frequent first, such as " (8 not-modified, 1 timeout)"."""
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    return f" ({told})" if told else ""


@contextmanager
def _progress(app: App) -> Iterator[tuple[Callable[[], None], Callable[[str], None]]]:
    """Give what counts a poll and what prints a line: on a terminal a bar, with the lines above it."""
    if not sys.stderr.isatty():
        yield lambda: None, lambda line: click.echo(line, err=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        total, _, _ = app.size()
        task = bar.add_task("Polling", total=total)
        yield (
            lambda: bar.advance(task),
            lambda line: bar.console.print(line, markup=False, highlight=False, soft_wrap=True),
        )
