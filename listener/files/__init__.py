"""Adapter: watched folders. Answers requests for `file:` URLs with the files that have changed.

Nothing is written, moved or locked. A request names a pattern, relative to the settings file, and in the header
`known` what was read before: names with their stamps (size and time of change) as JSON. The answer holds what is new
or has another stamp, as `listener.parcels`, and in the header `present` which names there are; NOT_MODIFIED where
nothing changed.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from listener.parcels import Parcel, pack
from listener.types import FetchResult, Outcome, Request, Response, Validators

SCHEME = "file:"
#: Of one file. Exports grow beyond by years of tickets; they are split by whoever writes them.
FILE_LIMIT_BYTES = 32_000_000
#: Of one answer; what is left comes with the next.
ANSWER_LIMIT_BYTES = 32_000_000
FILES_LIMIT = 10_000
#: A file that changed within this time may still be written to.
SETTLED_AFTER = timedelta(seconds=5)


class _Seen(msgspec.Struct, frozen=True):
    path: Path
    stamp: str
    size: int


class Folders:
    """Reads files. `root` is what patterns are relative to."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime]) -> None:
        self._root = root
        self._clock = clock

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return the files that changed. Raises nothing that a folder can cause."""
        pattern = unquote(request.url.removeprefix(SCHEME))
        known = _mapping(request.headers.get("known", ""))
        try:
            seen = self._seen(pattern)
            parcels = self._changed(seen, known)
        except OSError as error:
            reason = f"{pattern}: {error.strerror or error}"
            outcome = Outcome.FORBIDDEN if isinstance(error, PermissionError) else Outcome.NOT_FOUND
            return FetchResult(request=request, outcome=outcome, detail=reason, validators=validators)
        if not seen and not self._folder_of(pattern).is_dir():
            reason = f"there is no folder {self._folder_of(pattern)}"
            return FetchResult(request=request, outcome=Outcome.NOT_FOUND, detail=reason, validators=validators)
        large = sorted(name for name, file in seen.items() if file.size > FILE_LIMIT_BYTES)
        if large:
            reason = f"{large[0]} is larger than {FILE_LIMIT_BYTES // 1_000_000} MB; split it"
            return FetchResult(request=request, outcome=Outcome.TOO_LARGE, detail=reason, validators=validators)
        if not parcels and known.keys() <= seen.keys():
            return FetchResult(request=request, outcome=Outcome.NOT_MODIFIED, validators=validators)
        body = pack(parcels)
        response = Response(
            request=request,
            url=request.url,
            status=200,
            headers={"present": json.dumps(sorted(seen))},
            body=body,
            fetched_at=self._clock(),
        )
        return FetchResult(
            request=request, outcome=Outcome.OK, response=response, validators=validators, bytes_received=len(body)
        )

    def _folder_of(self, pattern: str) -> Path:
        """Return the folder that a pattern begins with."""
        parts = (self._root / pattern).parts
        fixed = next((number for number, part in enumerate(parts) if set("*?[") & set(part)), len(parts) - 1)
        return Path(*parts[:fixed])

    def _seen(self, pattern: str) -> dict[str, _Seen]:
        """Return the files that a pattern matches and that nobody seems to be writing to, by their names."""
        found: dict[str, _Seen] = {}
        now = self._clock().timestamp()
        folder = self._folder_of(pattern)
        rest = (self._root / pattern).relative_to(folder)
        for path in sorted(folder.glob(str(rest)))[:FILES_LIMIT]:
            status = path.stat()
            # Only ordinary files: opening a pipe would wait for its other end.
            if not stat.S_ISREG(status.st_mode) or 0 <= now - status.st_mtime < SETTLED_AFTER.total_seconds():
                continue
            stamp = f"{status.st_size}-{status.st_mtime_ns}"
            found[os.path.relpath(path, self._root)] = _Seen(path, stamp, status.st_size)
        return found

    def _changed(self, seen: Mapping[str, _Seen], known: Mapping[str, Any]) -> list[Parcel]:
        """Read what has another stamp than the one known, as much as one answer holds."""
        parcels: list[Parcel] = []
        left = ANSWER_LIMIT_BYTES
        for name, file in seen.items():
            if known.get(name) == file.stamp or file.size > FILE_LIMIT_BYTES:
                continue
            if file.size > left and parcels:
                break
            with file.path.open("rb") as opened:
                body = opened.read(FILE_LIMIT_BYTES)
            parcels.append(Parcel(name=name, stamp=file.stamp, body=body))
            left -= len(body)
        return parcels


def _mapping(text: str) -> dict[str, Any]:
    known = json.loads(text) if text else {}
    return known if isinstance(known, dict) else {}
