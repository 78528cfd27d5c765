"""A total deadline for a session over a socket, however slowly the other side responds.

A socket's timeout starts anew with each byte: a server that sends one every few seconds holds a reader for ever.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator


class Deadline:
    """Whether a deadline has struck."""

    def __init__(self) -> None:
        self.struck = False


@contextlib.contextmanager
def deadline(connection: socket.socket, seconds: float) -> Iterator[Deadline]:
    """Shut a connected socket down after some seconds, unless the block ends before: reads and writes then fail.

    Works through a descriptor of its own, so that it reaches the connection also after it was wrapped in TLS, and
    never another one that got the same number.
    """
    own = socket.socket(fileno=os.dup(connection.fileno()))
    state = Deadline()

    def strike() -> None:
        state.struck = True
        with contextlib.suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, strike)
    timer.daemon = True
    timer.start()
    try:
        yield state
    finally:
        timer.cancel()
        timer.join()
        own.close()
