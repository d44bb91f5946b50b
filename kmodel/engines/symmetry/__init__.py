"""Exhaustive exploration up to renaming of interchangeable names: one representative per orbit of states.

- renamings: what becomes of each cell and value when two names change places, and who is mentioned in which role.
- canonical: the compiled loops that find representatives, and how many states their orbits have.
- space: the space of orbits, which the exhaustive engine searches like one of states; real runs for its traces.
- sampling: looking for who prefers a name.
"""
