"""Messages between the daemon and the browser driver process: a length-prefixed JSON head and body."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")
HEAD_LIMIT_BYTES = 1_000_000


class BrokenOff(Exception):
    """The other side is gone, or says what this side doesn't understand."""


def write_message(file: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Send one message. Raises OSError where nobody reads."""
    encoded = json.dumps(head).encode()
    file.write(_LENGTHS.pack(len(encoded), len(body)) + encoded + body)
    file.flush()


def read_message(read: Callable[[int], bytes], limit: int) -> tuple[dict[str, Any], bytes]:
    """Return the next message, with a body of at most `limit` bytes.

    `read` returns as many bytes as it is asked for, fewer only at the end. Raises BrokenOff.
    """
    lengths = read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        raise BrokenOff("it ended")
    head_length, body_length = _LENGTHS.unpack(lengths)
    if head_length > HEAD_LIMIT_BYTES or body_length > limit:
        raise BrokenOff(f"a message of {head_length + body_length:,} bytes")
    encoded, body = read(head_length), read(body_length)
    try:
        head = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise BrokenOff("no JSON") from error
    if not isinstance(head, dict) or len(body) < body_length:
        raise BrokenOff("half a message")
    return head, body
