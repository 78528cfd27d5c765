"""`listener backup` copies the database, `listener rebuild-trends` counts its trends anew."""

from __future__ import annotations

from pathlib import Path

import click

from listener.cli.database import database_option, find_settings, opened


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@database_option
@click.pass_obj
def backup(settings_path: Path, target: Path, force: bool, database: str | None) -> None:
    """Copy the database to FILE while listener goes on running.

    The copy is one file, checked, of one moment; it appears when it is whole. To go back to it, stop listener and put
    it in the place of the database.
    """
    if target.exists() and not force:
        raise click.ClickException(f"{target} is there already. Name another file, or overwrite it with --force.")
    with opened(find_settings(settings_path, database), database) as store:
        store.backup(target)
    click.echo(f"Copied to {target}: {target.stat().st_size / 1e6:,.1f} MB.")


@click.command("rebuild-trends")
@click.option("--check", "only_check", is_flag=True, help="Only say where trends and mentions differ.")
@database_option
@click.pass_context
def rebuild_trends(ctx: click.Context, only_check: bool, database: str | None) -> None:
    """Count all trends anew from the mentions.

    They never need it: trends are counted with each mention. This shows that they were, and mends what something else
    than listener has changed. Hours whose mentions retention has deleted keep what was counted.
    """
    with opened(find_settings(ctx.obj, database), database) as store:
        differences = store.verify_trends()
        for difference in differences:
            click.echo(difference)
        if not differences:
            click.echo("The trends agree with the mentions.")
        elif only_check:
            ctx.exit(1)
        else:
            store.rebuild_trends()
            click.echo("The trends were counted anew.")
