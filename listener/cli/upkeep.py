"""`listener backup` copies the database, `listener rebuild-trends` recomputes its trends."""

from __future__ import annotations

from pathlib import Path

import click

from listener.cli.database import database_option, find_settings, opened


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@database_option
@click.pass_obj
def backup(settings_path: Path, target: Path, force: bool, database: str | None) -> None:
    """Back up the SQLite database to FILE, also while the daemon runs.

    The backup is one consistent, verified file and appears only when complete. To restore it, stop listener, replace
    the database with it, and delete the `-wal` and `-shm` files beside it.
    """
    if target.exists() and not force:
        raise click.ClickException(f"{target} already exists. Choose another file, or overwrite it with --force.")
    with opened(find_settings(settings_path, database), database) as store:
        store.backup(target)
    click.echo(f"Backed up to {target}: {target.stat().st_size / 1e6:,.1f} MB.")


@click.command("rebuild-trends")
@click.option("--check", "only_check", is_flag=True, help="Only report differences between trends and mentions.")
@database_option
@click.pass_context
def rebuild_trends(ctx: click.Context, only_check: bool, database: str | None) -> None:
    """Recompute all trends from the stored mentions.

    Not needed in normal operation: trends are updated with each mention. Use it to verify them, or to repair a
    database modified by other programs. Hours whose mentions were deleted by retention keep their counts.
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
            click.echo("The trends were recomputed.")
