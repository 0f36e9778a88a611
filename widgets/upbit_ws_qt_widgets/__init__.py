"""Widgets for PyQt6 programs: chart, order book and balances of Upbit."""
