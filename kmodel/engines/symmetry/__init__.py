"""Exhaustive exploration up to renaming of interchangeable names: one representative per orbit of states."""
