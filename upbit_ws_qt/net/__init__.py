"""The asyncio shell: sockets and HTTP, still no Qt."""
