"""Adapter: the database. All SQL lives here; rows are converted to records at the edge."""
