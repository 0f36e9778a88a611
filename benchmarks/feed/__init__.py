"""The feed measured from the wire to the callback, beside its bounds and its peers."""
