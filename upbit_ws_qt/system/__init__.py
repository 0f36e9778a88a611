"""What the user's machine keeps or knows and may be slow to tell: keys, names. asyncio, no Qt."""
