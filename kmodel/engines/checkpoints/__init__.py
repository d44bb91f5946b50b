"""Checkpoints: when a search leaves one (keeping), of which model it is (identity), what is in it (snapshot), and how
it is written whole or not at all (file)."""
