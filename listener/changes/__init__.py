"""Turning two versions of a page into typed changes. Pure."""
