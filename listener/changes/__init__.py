"""Compares two versions of a page into typed changes. Pure."""
