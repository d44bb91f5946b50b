"""Random models, each explored in every way; whatever two ways disagree on is a difference."""
