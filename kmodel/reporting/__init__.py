"""What becomes of an exploration: consumers of the engines' events. Each knows nothing of the others."""
