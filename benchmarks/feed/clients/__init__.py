"""What is measured: each client is a program of its own, run by ``benchmarks.feed.rig``."""
