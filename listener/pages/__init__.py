"""Extracts facts from a page: a compact tree, its visible lines, and grammars over them. Pure.

Knows of no library that reads HTML (`listener.html` streams the page) and of no site: only of how the web is written.
"""
