"""One module for each chart, all of one shape: see ``worker.Subject``."""
