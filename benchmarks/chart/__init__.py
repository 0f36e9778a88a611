"""The chart beside its peers: whole widgets, each in a process of its own."""
