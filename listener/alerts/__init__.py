"""Deciding what is worth an alert. Pure: records in, records out, `now` is an argument."""
