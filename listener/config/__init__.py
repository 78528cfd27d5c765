"""Adapter: the settings file. Parsed once into frozen records; every problem is reported before anything runs.

Reads files and the environment that it is given; no clock, no network, no database.
"""

from listener.config.loading import load
from listener.config.named import Scrapers, ScrapersIn
from listener.config.rules import KnownPains
from listener.config.settings import (
    ByteSize,
    FetchSection,
    Network,
    PagesSection,
    RetentionSection,
    SecretUse,
    Settings,
    UnderstandSection,
)

__all__ = [
    "ByteSize",
    "FetchSection",
    "KnownPains",
    "Network",
    "PagesSection",
    "RetentionSection",
    "Scrapers",
    "ScrapersIn",
    "SecretUse",
    "Settings",
    "UnderstandSection",
    "load",
]
