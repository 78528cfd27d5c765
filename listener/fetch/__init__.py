"""Adapter: HTTP. Turns a Request into a FetchResult, whatever happens; decides nothing else."""

from __future__ import annotations

from listener.fetch.advice import ADVICE
from listener.fetch.fetcher import Fetcher
from listener.fetch.hosts import HostStates, MemoryHosts
from listener.fetch.politeness import Politeness
from listener.fetch.settings import HOST_GAPS, FetchSettings
from listener.fetch.target import host_key

__all__ = ["ADVICE", "HOST_GAPS", "FetchSettings", "Fetcher", "HostStates", "MemoryHosts", "Politeness", "host_key"]
