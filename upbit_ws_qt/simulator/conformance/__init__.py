"""Conformance: does an address behave as the exchange does? asyncio."""
