"""Log lines that suit journald: no timestamps of ours, a priority in front, one structured line for each event."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

#: sd-daemon(3): journald reads "<N>" in front of a line as its priority.
PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


class JournalFormatter(logging.Formatter):
    """Puts the priority in front of every line of a record, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines, each with its priority."""
        priority = PRIORITIES.get(record.levelno, 6)
        lines = super().format(record).splitlines() or [""]
        return "\n".join(f"<{priority}>{line}" for line in lines)


def set_up(environ: Mapping[str, str], *, verbose: bool = False) -> None:
    """Send log lines to standard error: with priorities under systemd, with times elsewhere."""
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in environ:
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    # Their news is of jobs and migrations, not of listening.
    for name in ("apscheduler", "alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # That a page has no article is told by what is done instead.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # A tick that outlasts its second skips the next one: that's intended, not worth a line a second.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
