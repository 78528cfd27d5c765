"""Reading facts off a page: a compact tree, its lines as a visitor sees them, and the grammars over them. Pure.

Knows of no library that reads HTML (`listener.html` streams the page) and of no site: only of how the web is written.
"""
