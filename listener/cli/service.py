"""`listener service` prints a systemd unit: the one in config/systemd, filled in for this installation."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import msgspec

from listener.config import SecretUse, Settings, load
from listener.plugins import bundled

UNIT = Path("systemd") / "listener.service"
#: What a unit has to allow besides where pages are rendered.
BROWSER = Path("systemd") / "browser.conf"
INSTALLED = "/etc/systemd/system/listener.service"
STATE_FOLDER = Path("/var/lib/listener")
CREDENTIALS_FOLDER = "/etc/listener/credentials"
ENVIRONMENT_FILE = "/etc/listener/environment"
#: What `ProtectHome=yes` hides.
HOMES = (Path("/home"), Path("/root"), Path("/run/user"))


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit needs to know of the machine."""

    #: Command line up to the arguments.
    program: tuple[str, ...]
    #: Folders that hold the program and its Python.
    folders: tuple[Path, ...]
    user: str
    dynamic: bool


@click.command()
@click.option("--user", default="listener", show_default=True, metavar="NAME", help="User account to run as.")
@click.option("--dynamic", is_flag=True, help="Let systemd allocate a user at run time (DynamicUser=).")
@click.pass_obj
def service(settings_path: Path, user: str, dynamic: bool) -> None:
    """Print a systemd unit for this installation and settings file, with installation steps in its header.

    Secrets referenced by the settings need not exist yet.
    """
    if not user.isascii() or not user.replace("-", "").replace("_", "").isalnum():
        raise click.BadParameter("expected the name of an account.", param_hint="--user")
    settings = load(settings_path, environ=os.environ, need_secrets=False)
    template = (bundled("config") / UNIT).read_text(encoding="utf-8")
    text = unit(template, settings, this_installation(user, dynamic))
    if renders(settings):
        text = opened(text, (bundled("config") / BROWSER).read_text(encoding="utf-8"))
    click.echo(text, nl=False)


def this_installation(user: str, dynamic: bool) -> Installation:
    """Return how the program that runs now is started."""
    python = Path(sys.executable)
    script = python.parent / "listener"
    program = (str(script),) if script.is_file() else (str(python), "-P", "-m", "listener")
    folders = (python.parent, Path(sys.base_prefix), Path(__file__).resolve().parent.parent)
    return Installation(program=program, folders=folders, user=user, dynamic=dynamic)


def unit(template: str, settings: Settings, installation: Installation) -> str:
    """Return the unit: `template` with the lines put in that depend on the machine and the settings."""
    command = (*installation.program, "--config", str(settings.path), "run")
    lines: list[str] = [*(f"# {line}".rstrip() for line in how_to_install(settings, installation)), ""]
    for line in template.splitlines():
        key = line.partition("=")[0]
        if key == "ExecStart":
            lines.append(f"ExecStart={' '.join(map(quoted, command))}")
        elif key == "User":
            lines += ["DynamicUser=yes"] if installation.dynamic else [f"User={installation.user}"]
        elif key == "#LoadCredential":
            lines += secret_lines(settings)
        elif key == "ProtectSystem":
            lines += [line, *writable_lines(settings)]
        elif key == "ProtectHome" and needs_homes(settings, installation):
            lines.append("ProtectHome=read-only")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def renders(settings: Settings) -> bool:
    """Return whether a browser renders the page of a source."""
    return any(isinstance(each.options, Mapping) and each.options.get("render") is True for each in settings.sources)


def opened(text: str, drop_in: str) -> str:
    """Return a unit with the lines of a drop-in in their places: filters come after others, what else there is goes."""
    lines = text.splitlines()
    for line in drop_in.splitlines():
        key, sign, _ = line.partition("=")
        if not sign or line.startswith("#"):
            continue
        place = max(number for number, each in enumerate(lines) if each.startswith(f"{key}="))
        lines[place : place + 1] = [lines[place], line] if key == "SystemCallFilter" else [line]
    return "\n".join(lines) + "\n"


def how_to_install(settings: Settings, installation: Installation) -> Iterator[str]:
    """Yield the steps, as lines of a comment."""
    save = f"listener --config {shlex.quote(str(settings.path))} service"
    yield "listener as a service of systemd, for the settings in"
    yield str(settings.path)
    yield ""
    yield "To install it, as root:"
    if not installation.dynamic:
        yield f"  useradd --system --home-dir {STATE_FOLDER} --shell /usr/sbin/nologin {installation.user}"
    for use in by_kind(settings, "credential"):
        yield f"  install -D -m 600 FILE_WITH_THE_SECRET {CREDENTIALS_FOLDER}/{use.name}"
    if by_kind(settings, "env"):
        names = ", ".join(sorted({use.name for use in by_kind(settings, "env")}))
        yield f"  write NAME=value lines into {ENVIRONMENT_FILE} (mode 600), for: {names}"
    flags = (
        " --dynamic"
        if installation.dynamic
        else ""
        if installation.user == "listener"
        else f" --user {installation.user}"
    )
    yield f"  {save}{flags} > {INSTALLED}"
    yield "  systemctl daemon-reload"
    yield "  systemctl enable --now listener"
    yield ""
    yield "It reads the settings again on `systemctl reload listener`, and logs into `journalctl -u listener`."
    who = "the account that systemd makes up" if installation.dynamic else installation.user
    for use in by_kind(settings, "file"):
        yield f"{who} must be able to read {use.name} ({use.key})."
    if needs_homes(settings, installation):
        yield f"{who} must be able to enter the home folder that the program or its settings lie in;"
        yield "/opt/listener and /etc/listener are better places."
    if outside(settings) is not None:
        yield f"The database lies outside {STATE_FOLDER}: {who} must be able to write into {outside(settings)}."
        yield f'Better: database = "{STATE_FOLDER}/listener.db" in the settings.'


def secret_lines(settings: Settings) -> list[str]:
    """Return the lines that hand the settings' secrets to the service."""
    names = sorted({use.name for use in by_kind(settings, "credential")})
    lines = [f"LoadCredential={name}:{CREDENTIALS_FOLDER}/{name}" for name in names]
    return [*lines, f"EnvironmentFile={ENVIRONMENT_FILE}"] if by_kind(settings, "env") else lines


def by_kind(settings: Settings, kind: str) -> list[SecretUse]:
    """Return the secrets of one kind."""
    return [use for use in settings.secrets if use.by == kind]


def outside(settings: Settings) -> Path | None:
    """Return the folder of a database file that isn't under the state folder, or None."""
    if "://" in settings.database:
        return None
    folder = Path(settings.database).parent
    return None if folder.is_relative_to(STATE_FOLDER) else folder


def writable_lines(settings: Settings) -> list[str]:
    """Return the line that opens a database's folder where `StateDirectory` doesn't."""
    folder = outside(settings)
    return [] if folder is None else [f"ReadWritePaths={quoted(str(folder))}"]


def needs_homes(settings: Settings, installation: Installation) -> bool:
    """Return whether something that the service reads lies under somebody's home."""
    folder = outside(settings)
    needed = [settings.path, *settings.included, *settings.scraper_folders, *installation.folders]
    needed += [Path(use.name) for use in by_kind(settings, "file")] + ([] if folder is None else [folder])
    return any(path.is_relative_to(home) for path in needed for home in HOMES)


def quoted(word: str) -> str:
    """Return a word as systemd reads it back from a unit: specifiers and variables doubled, quotes where needed."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if any(character in " '\";\\" for character in word) or not word else word
