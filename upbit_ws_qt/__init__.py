"""Real-time Upbit data for PyQt6 programs."""
