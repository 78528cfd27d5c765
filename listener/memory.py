"""Process memory: glibc's arenas, and the threshold of Python's garbage collector."""

from __future__ import annotations

import gc

#: `M_ARENA_MAX` of glibc's malloc.h.
_ARENA_MAX = -8
#: Objects made, beyond those let go, before Python looks for circles among the new ones; its own figure is 700.
_LOOK_AFTER = 10_000
#: Such looks before those are looked through again that outlived one; its own figure is 10.
_LOOK_AGAIN_AFTER = 50


def share_arenas() -> None:
    """Let all threads take memory from one place; to be called before there are any.

    glibc gives each thread a place of its own, and what one frees there no other gets: after three hundred feeds
    sixteen workers held 60 to 80 MB more. One Python thread runs at a time, so they don't wait for each other here.
    Without glibc there is nothing to be set.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def collect_rarely() -> None:
    """Let Python look for objects that hold each other less often: imports and polls make many that don't.

    A twelfth of the time of importing and of a poll without news went into looking.
    """
    gc.set_threshold(_LOOK_AFTER, _LOOK_AGAIN_AFTER, 10)


def keep_all() -> None:
    """Tell Python that everything there is now stays, so that it doesn't look through it any more."""
    gc.freeze()
