"""What becomes of an exploration: reports, each a handler of the engines' events, in one registry."""
