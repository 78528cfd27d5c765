"""Appends tables to the user's settings file, leaving everything else in it unchanged, comments included.

The new text is read and checked as settings before it takes the file's place, whole or not at all.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomlkit

from listener.app import load_settings
from listener.config import Settings
from listener.errors import ConfigError, ConfigProblem, ListenerError


def block(name: str, keys: Mapping[str, object]) -> str:
    """Return the table [sources.NAME] as TOML."""
    document = tomlkit.document()
    sources = tomlkit.table(is_super_table=True)
    table = tomlkit.table()
    for key, value in keys.items():
        table.add(key, tomlkit.item(value))
    sources.add(name, table)
    document.add("sources", sources)
    return tomlkit.dumps(document).strip("\n") + "\n"


def append(path: Path, blocks: Sequence[str]) -> Settings:
    """Add blocks to the settings at `path`, and return what they come to. Raises ConfigError and ListenerError.

    The file keeps its mode and, where this account may give it away, its owner; a link stays a link.
    """
    real = path.resolve()
    try:
        before = real.read_bytes()
        text = before.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ListenerError(f"can't read {path}: {error}") from error
    ending = "\r\n" if "\r\n" in text else "\n"
    separator = "" if not text else ending if text.endswith("\n") else ending * 2
    added = "\n".join(blocks).replace("\n", ending)
    after = f"{text}{separator}{added}"
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise ListenerError(
            f"{path} lists its sources in a way that nothing can be appended to ({error}). Add this by hand:\n\n{added}"
        ) from error
    # Beside the file, so that what it includes is found.
    partial = real.with_name(f".{real.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            status = real.stat()
            os.fchmod(file.fileno(), status.st_mode & 0o7777)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            file.write(after.encode())
            file.flush()
            os.fsync(file.fileno())
        settings = _checked(partial, path)
        if real.read_bytes() != before:
            raise ListenerError(f"{path} was changed meanwhile by somebody else; nothing was added. Try again.")
        partial.replace(real)
    except OSError as error:
        raise ListenerError(f"can't write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return settings


def _checked(partial: Path, path: Path) -> Settings:
    """Read the new file; problems are reported for the file that it will become."""
    try:
        return load_settings(partial, need_secrets=False)
    except ConfigError as error:
        raise ConfigError(
            [
                ConfigProblem(
                    file=problem.file.replace(str(partial), str(path)),
                    line=problem.line,
                    key=problem.key,
                    message=problem.message,
                    meant=problem.meant,
                )
                for problem in error.problems
            ]
        ) from error


def free_name(wanted: str, taken: set[str]) -> str:
    """Return a name that no source has, and take it: the wanted one, else with a number behind."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    taken.add(name)
    return name
