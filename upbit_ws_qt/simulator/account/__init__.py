"""The customer's account: balances, orders, matching. Pure."""
