"""The REST half: the gate before every call, quotation and trading."""
