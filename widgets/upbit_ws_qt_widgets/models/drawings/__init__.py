"""Drawings on a chart: lines, areas and notes that hang on times and prices. Pure."""
