"""The command line. Each command is a module of its own, imported only when it runs: `listener --help` stays quick."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from listener import __version__
from listener.errors import ListenerError
from listener.memory import collect_rarely

#: Command: module and attribute that holds its click command, and the line that `--help` shows.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("listener.cli.demo:demo", "Play four weeks of a made-up web in under a minute."),
    "init": ("listener.cli.settings:init", "Write a first settings file."),
    "check": ("listener.cli.settings:check", "Say whether the settings can be used."),
    "add": ("listener.cli.add:add", "Look at a URL, find out what it is, and add it to the settings."),
    "import": ("listener.cli.opml:import_", "Add the feeds of an OPML file to the settings."),
    "try": ("listener.cli.trial:try_", "Poll a source once and store nothing: what it brings, what matches and why."),
    "backfill": ("listener.cli.backfill:backfill", "Read a source's past into the trends, back to a date."),
    "run": ("listener.cli.run:run", "Listen: poll sources, understand what they bring, send alerts."),
    "status": ("listener.cli.status:status", "Show whether listener runs and how far it has come."),
    "sources": ("listener.cli.sources:sources", "Show what each source answers, and what to do about it."),
    "mentions": ("listener.cli.mentions:mentions", "Show mentions: how they feel, what they say, what hurts."),
    "correct": ("listener.cli.correct:correct", "Correct what listener makes of a mention; your word wins."),
    "pains": ("listener.cli.pains:pains", "Show what hurts, how often and how much; and what hurts of late."),
    "quality": ("listener.cli.quality:quality", "Show how far listener agrees with what persons corrected."),
    "rescore": ("listener.cli.rescore:rescore", "Read stored mentions again with today's settings."),
    "alerts": ("listener.cli.alerts:alerts", "Show alerts and what became of them; send again what was given up."),
    "channels": ("listener.cli.channels:channels", "Show where alerts go; send a test message."),
    "pages": ("listener.cli.discover:pages", "Find the pages of a site that are worth watching."),
    "changes": ("listener.cli.pages:changes", "Show what changed on watched pages."),
    "prices": ("listener.cli.pages:prices", "Show the history of every plan's price."),
    "faq": ("listener.cli.pages:faq", "Show the questions that watched pages answer, and their answers over time."),
    "claims": ("listener.cli.pages:claims", "Show the advertising copy of watched pages, and how long it was used."),
    "note": ("listener.cli.note:note", "Store what somebody heard from a customer."),
    "query": ("listener.cli.query:query", "Try a brand's query on a text and see what hit."),
    "score": ("listener.cli.score:score", "Score texts: sentiment, complaint, kind, pain points, relevance."),
    "group": ("listener.cli.score:group", "Group near copies of texts into stories."),
    "scrapers": ("listener.cli.scrapers:scrapers", "Show what can be read, and with which options."),
    "extract": ("listener.cli.extract:extract", "Read the facts of a page: plans, questions, copy."),
    "diff": ("listener.cli.extract:diff", "Tell what changed between two versions of a page."),
    "export": ("listener.cli.export:export", "Write trends, mentions, alerts and more to a file."),
    "backup": ("listener.cli.upkeep:backup", "Copy the database while it is in use."),
    "rebuild-trends": ("listener.cli.upkeep:rebuild_trends", "Count the trends anew from the mentions."),
    "doctor": ("listener.cli.status:doctor", "Look for what is wrong: database, clock, disk, sources, channels."),
    "service": ("listener.cli.service:service", "Print a systemd unit for this installation."),
}


class Commands(click.Group):
    """Finds a command by importing its module on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`: by how often they are needed, not by alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="listener")
@click.option(
    "-c",
    "--config",
    "settings_path",
    type=click.Path(path_type=Path),
    envvar="LISTENER_CONFIG",
    default=Path("listener.toml"),
    show_default=True,
    help="The settings file.",
)
@click.pass_context
def group(ctx: click.Context, settings_path: Path) -> None:
    """Hear what customers say about your brand, and what competitors change on their pages."""
    ctx.obj = settings_path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit.

    Exit status: 0 done; 1 an error that a person can mend, said in one line; 2 wrong usage.
    """
    collect_rarely()
    try:
        group.main(args=None if arguments is None else list(arguments), prog_name="listener", standalone_mode=True)
    except ListenerError as error:
        click.echo(f"listener: {error}", err=True)
        sys.exit(1)
