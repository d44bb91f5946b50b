"""The explorer: a model stepped through by hand, in a local page."""
