"""Organisations, places and fields: who and what the rows speak of."""
