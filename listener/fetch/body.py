"""Response bodies: read completely or not at all, and decompressed incrementally within the limits."""

from __future__ import annotations

import http.client
import zlib

import urllib3

from listener.fetch.failure import Failure
from listener.fetch.transport import Reply
from listener.types import Outcome

#: zlib can't do more than 1032:1. Feeds and pages stay under 30:1, tables of one repeated row under 100:1.
RATIO_LIMIT = 200
#: A ratio means nothing for short bodies.
_RATIO_FROM_BYTES = 1_000_000
#: Members of one gzip body; more than one is unusual.
_MEMBERS_LIMIT = 64
_STEP_BYTES = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
#: Codings that were not asked for (Accept-Encoding) and can't be read.
_UNREADABLE = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})


def read_body(reply: Reply, host: str, limit: int, *, cut: bool = False) -> bytes:
    """Return the body of `reply`, decompressed, of at most `limit` bytes.

    `cut` says that of a longer body the beginning is enough. Raises Failure: TOO_LARGE, BOMB, TIMEOUT, and PROTOCOL
    for a body that ends before its end or can't be decompressed. A part is never taken for the whole.
    """
    decoder = _decoder(reply.fields.get("content-encoding", ""), host, limit)
    decoder.cut = cut
    raw = reply.open_body()
    declared = raw.length_remaining
    if declared is not None and declared > limit and not cut and type(decoder) is Decoder:
        raise _too_large(host, limit)
    # Chunks of one byte come with five more.
    reply.wire.allow(limit * 2 + _STEP_BYTES)
    try:
        while data := _read(raw, host):
            decoder.feed(data)
            if decoder.full:
                break
        return decoder.finish()
    except zlib.error as error:
        raise Failure(Outcome.PROTOCOL, f"The compressed response of {host} is corrupt.") from error


def _read(raw: urllib3.HTTPResponse, host: str) -> bytes:
    """Return the next bytes as they came, empty at the end. Raises Failure."""
    try:
        return raw.read(_STEP_BYTES, decode_content=False)
    except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
        raise Failure(Outcome.PROTOCOL, f"The response of {host} ended early.") from error
    except ValueError as error:
        # http.client believes a chunk that says it has -5 bytes.
        raise Failure(Outcome.PROTOCOL, f"The response of {host} has invalid chunked encoding.") from error


def _too_large(host: str, limit: int) -> Failure:
    return Failure(Outcome.TOO_LARGE, f"{host} sends more than the {limit / 1_000_000:g} MB that body_limit allows.")


def _decoder(encoding: str, host: str, limit: int) -> Decoder:
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if len(codings) > 1 or _UNREADABLE.intersection(codings):
        raise Failure(Outcome.PROTOCOL, f"{host} responds in a content encoding that was not requested.")
    # Servers put "utf-8" or "none" here: what isn't the name of a coding says nothing.
    if codings in (["gzip"], ["x-gzip"], ["deflate"]):
        return Inflater(host, limit)
    return Decoder(host, limit)


class Decoder:
    """Collects a body that isn't compressed."""

    def __init__(self, host: str, limit: int) -> None:
        self.host = host
        self.limit = limit
        self.cut = False
        self._out = bytearray()

    @property
    def full(self) -> bool:
        """Whether a cut body has all that it may have."""
        return self.cut and len(self._out) >= self.limit

    def feed(self, data: bytes) -> None:
        """Take in bytes off the wire. Raises Failure when they become too many."""
        self._out += data
        self.check()

    def check(self) -> None:
        """Raise Failure if the body has become too large."""
        if len(self._out) > self.limit and not self.cut:
            raise _too_large(self.host, self.limit)

    def finish(self) -> bytes:
        """Return the body. Raises Failure if it isn't whole."""
        return bytes(memoryview(self._out)[: self.limit])  # a slice of it would be a second copy


class Inflater(Decoder):
    """Decompresses gzip of one or more members, and deflate with or without its zlib header."""

    def __init__(self, host: str, limit: int) -> None:
        super().__init__(host, limit)
        self._stream: zlib._Decompress | None = None
        self._gzip = False
        self._plain = False
        self._members = 0
        self._head = b""
        self._consumed = 0

    def feed(self, data: bytes) -> None:
        """Take in compressed bytes. Raises Failure, or zlib.error for bytes that aren't compressed as declared."""
        if self._plain:
            super().feed(data)
            return
        if self._stream is None:
            self._head += data
            if len(self._head) < len(_GZIP_MAGIC):
                return
            data, self._head = self._head, b""
            self._begin(data)
            if self._plain:
                super().feed(data)
                return
        self._inflate(data)

    def finish(self) -> bytes:
        """Return the body. Raises Failure if the compressed stream has no end."""
        if self._stream is not None and not self._stream.eof and not self.full:
            raise Failure(Outcome.PROTOCOL, f"The compressed response of {self.host} ended early.")
        self._out += self._head
        return super().finish()

    def _begin(self, data: bytes) -> None:
        """Choose the format by the first bytes: servers say gzip and send plain text, or say deflate either way."""
        self._gzip = data.startswith(_GZIP_MAGIC)
        zlib_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        if self._gzip:
            self._stream = zlib.decompressobj(31)
        elif zlib_header:
            self._stream = zlib.decompressobj(15)
        elif data[:1].isspace() or data[:1] in b"<{[\xef":
            self._plain = True
        else:
            self._stream = zlib.decompressobj(-15)

    def _inflate(self, data: bytes) -> None:
        while data and self._stream is not None and not self.full:
            if self._stream.eof:
                # More bytes after the end of a member: another member, or rubbish, which is left.
                if not (self._gzip and data.startswith(_GZIP_MAGIC)):
                    return
                self._members += 1
                if self._members >= _MEMBERS_LIMIT:
                    raise Failure(Outcome.BOMB, f"{self.host} sends a gzip body of {_MEMBERS_LIMIT} members or more.")
                self._stream = zlib.decompressobj(31)
            offered = len(data)
            self._out += self._stream.decompress(data, max(self.limit + 1 - len(self._out), 1))
            data = self._stream.unconsumed_tail or self._stream.unused_data
            self._consumed += offered - len(data)
            self.check()

    def check(self) -> None:
        """Raise Failure if the body has become too large, or has grown too much."""
        size = len(self._out)
        if size > _RATIO_FROM_BYTES and size > RATIO_LIMIT * max(self._consumed, 1):
            raise Failure(
                Outcome.BOMB, f"{self.host} sends a body that grows more than {RATIO_LIMIT} times when decompressed."
            )
        super().check()
