"""Certificate authority files named in the settings: their location, and whether they are valid."""

from __future__ import annotations

import ssl
from pathlib import Path

from listener.config.documents import Book
from listener.config.lines import KeyPath
from listener.config.report import Document, Report


def authorities_file(name: str, book: Book) -> Path:
    """Return the file of that name, relative to the main settings file."""
    return book.main.path.parent / Path(name).expanduser()


def check_authorities(name: object, book: Book, report: Report, document: Document, path: KeyPath) -> None:
    """Note a file of certificate authorities that can't be used. Without a name there is nothing to check."""
    if not isinstance(name, str) or not name:
        return
    try:
        ssl.create_default_context(cafile=authorities_file(name, book))
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        report.problem(document, path, f"expected a PEM file of certificates: {reason}.")
