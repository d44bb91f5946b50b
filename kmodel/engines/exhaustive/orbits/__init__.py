"""Exhaustive exploration up to renaming of interchangeable names: one representative per orbit of states.

- renamings: what becomes of each cell and value when two names change places, and who is mentioned in which role.
- canonical: the compiled loops that find representatives, and how many states their orbits have.
- orbit_rounds: the frontier of orbits, which is searched like one of states; real runs for its traces.
- comparing: each rule beside its counterparts, in the state in which it was learned.
- boxes: sets of states, and walking a trie with all states of one at once.
- equivariance: showing on the rules that all names are treated alike.
"""
