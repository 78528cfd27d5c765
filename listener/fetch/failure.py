"""Internal exception for a failed fetch; leaves this package as a FetchResult."""

from __future__ import annotations

from datetime import timedelta

from listener.types import Outcome


class Failure(Exception):
    """A fetch ended in `outcome`, for the reason in `detail`: one sentence, without secrets."""

    def __init__(
        self,
        outcome: Outcome,
        detail: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
        asked_for: bool = False,
        asked: bool = True,
    ) -> None:
        self.outcome = outcome
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        #: The server itself asked to be left alone.
        self.asked_for = asked_for
        #: False: nothing was sent, for the host is to be left alone.
        self.asked = asked
        super().__init__(detail)
