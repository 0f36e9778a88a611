"""The seeded markets: their whole story, and what a customer changes of it. Pure."""
