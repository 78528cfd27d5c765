"""Secrets by reference: `{ env = "NAME" }`, `{ file = "path" }`, or `{ credential = "name" }` (of systemd)."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast, get_args

import msgspec

from listener.channels import Secret
from listener.config.lines import KeyPath, dotted
from listener.config.settings import SecretUse
from listener.config.values import shown

By = Literal["env", "file", "credential"]
#: A secret is a password or a URL; a larger file is the wrong one.
LIMIT_BYTES = 64 * 1024
EXAMPLE = '{ env = "NAME" }, { file = "path" } or { credential = "name" }'


class MissingSecret(ValueError):
    """A reference is well formed, but nothing is where it points."""


def reference(value: object, folder: Path) -> tuple[By, str]:
    """Read a reference; a file's name is taken relative to `folder`. Raises ValueError. Never quotes the value."""
    if not isinstance(value, dict):
        raise ValueError(f"expected text in quotes, or a secret by reference: {EXAMPLE}")
    if len(value) != 1 or (by := next(iter(value))) not in get_args(By):
        raise ValueError(f"expected one of {EXAMPLE}, got the keys {', '.join(value) or '(none)'}")
    name = value[by]
    if not isinstance(name, str) or not name:
        raise ValueError(f"expected {by} = text in quotes, got {shown(name)}")
    if by == "credential" and ("/" in name or name in (".", "..")):
        raise ValueError(f"expected the name of a credential, got {name!r}; for a path write {{ file = ... }}")
    if by == "file":
        name = str(folder / Path(name).expanduser())
    return cast("By", by), name


def find(by: By, name: str, environ: Mapping[str, str]) -> str:
    """Return the secret that a reference points at. Raises MissingSecret saying where it was looked for."""
    if by == "env":
        if not environ.get(name):
            raise MissingSecret(f"the environment variable {name} is not set")
        return environ[name]
    if by == "file":
        return _read(Path(name))
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise MissingSecret(
            f"the credential {name!r} can't be looked up: $CREDENTIALS_DIRECTORY is not set (systemd sets it for a"
            f" service whose unit says LoadCredential={name}:/path)"
        )
    return _read(Path(folder) / name)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise MissingSecret(f"the file {path} can't be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise MissingSecret(f"the file {path} is not text in UTF-8") from None
    if len(content) > LIMIT_BYTES:
        raise MissingSecret(f"the file {path} is larger than a secret can be")
    if not text.strip():
        raise MissingSecret(f"the file {path} is empty")
    return text.rstrip("\r\n")


class Vault(msgspec.Struct, frozen=True, kw_only=True):
    """Where the secrets of one run are looked up."""

    environ: Mapping[str, str]
    #: That files are named relative to.
    folder: Path
    #: Whether a reference that points at nothing is a problem; else an empty secret stands in for it.
    needed: bool

    def read(self, value: object) -> Secret:
        """Read a value that is secret: text as it stands, or what a reference points at. Raises ValueError."""
        if isinstance(value, str):
            return Secret(value)
        by, name = reference(value, self.folder)
        try:
            return Secret(find(by, name, self.environ))
        except MissingSecret:
            if self.needed:
                raise
            return Secret("")

    def uses(self, table: Mapping[str, Any], path: KeyPath) -> Iterator[SecretUse]:
        """Yield the references in a table at `path`, and whether each points at something."""
        for key, value in table.items():
            if not isinstance(value, dict):
                continue
            try:
                by, name = reference(value, self.folder)
            except ValueError:
                yield from self.uses(value, (*path, key))
                continue
            yield SecretUse(key=dotted((*path, key)), by=by, name=name, found=self.holds(by, name))

    def holds(self, by: By, name: str) -> bool:
        """Return whether a reference points at something."""
        try:
            find(by, name, self.environ)
        except MissingSecret:
            return False
        return True


def everyone_reads(path: Path) -> bool:
    """Return whether all accounts of this machine may read a file."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
