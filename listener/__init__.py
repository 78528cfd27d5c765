"""listener: a social listening and competitor monitoring daemon."""

__version__ = "0.1.0"
