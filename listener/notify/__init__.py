"""Adapter: channels. Rendering is pure and apart from sending; a secret never reaches a log or an error."""
