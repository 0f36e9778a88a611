"""Recordings: read, played back, and served as an exchange."""
