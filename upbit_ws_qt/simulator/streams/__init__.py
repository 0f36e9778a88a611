"""The WebSocket half: connections, subscriptions and frames."""
