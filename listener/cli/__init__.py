"""The command line. Each command is a module of its own, imported only when it runs: `--help` stays fast."""

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
    "demo": ("listener.cli.demo:demo", "Replay four weeks of a made-up web in under a minute."),
    "init": ("listener.cli.settings:init", "Create a settings file."),
    "check": ("listener.cli.settings:check", "Validate the settings file."),
    "add": ("listener.cli.add:add", "Detect what a URL is and add it to the settings."),
    "import": ("listener.cli.opml:import_", "Import feeds from an OPML file into the settings."),
    "pages": ("listener.cli.discover:pages", "Discover a site's pricing, FAQ, status and blog pages."),
    "try": ("listener.cli.trial:try_", "Dry-run one source: show its items and what matches."),
    "query": ("listener.cli.query:query", "Test a query against a text and show what matched."),
    "scrapers": ("listener.cli.scrapers:scrapers", "List supported scrapers and their options."),
    "backfill": ("listener.cli.backfill:backfill", "Load a source's history back to a date."),
    "run": ("listener.cli.run:run", "Run the daemon: poll sources, analyse items, send alerts."),
    "service": ("listener.cli.service:service", "Print a systemd unit for this installation."),
    "status": ("listener.cli.status:status", "Show whether the daemon is running, and its backlog."),
    "doctor": ("listener.cli.status:doctor", "Diagnose database, clock, disk, sources and channels."),
    "sources": ("listener.cli.sources:sources", "Show the state of each source and how to fix failing ones."),
    "mentions": ("listener.cli.mentions:mentions", "List mentions with sentiment, kind and pain points."),
    "pains": ("listener.cli.pains:pains", "Rank pain points by frequency and severity; find emerging ones."),
    "note": ("listener.cli.note:note", "Record customer feedback heard by your team."),
    "correct": ("listener.cli.correct:correct", "Correct the labels of a mention."),
    "quality": ("listener.cli.quality:quality", "Measure precision and recall against your corrections."),
    "rescore": ("listener.cli.rescore:rescore", "Re-analyse stored mentions with the current settings."),
    "changes": ("listener.cli.pages:changes", "List changes of watched pages."),
    "prices": ("listener.cli.pages:prices", "Show the price history of every plan."),
    "faq": ("listener.cli.pages:faq", "Show the FAQ entries of watched pages over time."),
    "claims": ("listener.cli.pages:claims", "Show headlines and claims of watched pages over time."),
    "alerts": ("listener.cli.alerts:alerts", "List alerts and their delivery status; retry failed deliveries."),
    "channels": ("listener.cli.channels:channels", "List notification channels; send a test message."),
    "export": ("listener.cli.export:export", "Export trends, mentions, changes and more to CSV."),
    "backup": ("listener.cli.upkeep:backup", "Back up the database while it is in use."),
    "rebuild-trends": ("listener.cli.upkeep:rebuild_trends", "Recompute the trends from the stored mentions."),
    "score": ("listener.cli.score:score", "Analyse texts: sentiment, complaint, kind, pain points, relevance."),
    "group": ("listener.cli.score:group", "Group near-duplicate texts into stories."),
    "extract": ("listener.cli.extract:extract", "Extract the facts of a page: plans, questions, copy, incidents."),
    "diff": ("listener.cli.extract:diff", "Compare two versions of a page."),
}
#: How `--help` groups them.
TASKS: dict[str, str] = {
    "Get started": "demo init check",
    "Add sources": "add import pages try query scrapers backfill",
    "Run": "run service status doctor sources",
    "Mentions": "mentions pains note correct quality rescore",
    "Page changes": "changes prices faq claims",
    "Alerts": "alerts channels",
    "Data": "export backup rebuild-trends",
    "Without a database": "score group extract diff",
}


class Commands(click.Group):
    """Finds a command by importing its module on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`: by task, not alphabetically."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed. One that doesn't exist is answered with the one that was probably meant."""
        if args[0] not in COMMANDS:
            import difflib  # takes as long as half of the rest

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if near:
                ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by task, without importing them."""
        for task, names in TASKS.items():
            with formatter.section(task):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names.split()], col_spacing=2)


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
    help="Settings file.",
)
@click.pass_context
def group(ctx: click.Context, settings_path: Path) -> None:
    """Monitor what people say about your brand and what competitors change on their pages."""
    ctx.obj = settings_path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit.

    Exit status: 0 success; 1 an error the user can fix, reported in one line; 2 wrong usage.
    """
    collect_rarely()
    try:
        group.main(args=None if arguments is None else list(arguments), prog_name="listener", standalone_mode=True)
    except ListenerError as error:
        click.echo(f"listener: {error}", err=True)
        sys.exit(1)
