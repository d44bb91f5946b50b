"""The exhaustive engine: breadth-first over all reachable states, in compiled loops over tables of what is known.

    cluster (a row of values)                      Python, once per footprint
      | interning: a number per value                 ^ record(), ask()
      v                                                | MISSING       | tries extended
    row of numbers --- blocks: a number per --> state: some words  ---> loop: lists, tries, changes
                       group of cells              ^                        | successors, by shard
                                                   |                        v
                                             store: states, parents <--- buckets

- interning: what a cell holds, what a projection shows of it and what an update makes of it, as small integers.
- tries: per action and spec a decision trie over reads; a leaf is an outcome: not enabled, or the updates to make.
- blocks: cells that the same actions touch are numbered together, and a state is one number per block, packed in words.
  For each value of a block there is a list of what is left to do: an action that reads and writes that block only is
  in it with the block's new value, or not at all; so most of a state's successors take one look-up each.
- packing: a state's blocks in words, from rows of cells' values and back.
- lists: what is left to do for a block's value, made when it is first needed.
- loop: the compiled loop over the states of a level; it stops at what no table knows, with a status.
- partial_order, stubborn: with partial-order reduction, which of a state's steps are enough.
- buckets: what a round has found, by the shard that found it and the one that it belongs to.
- store: states stored exactly, in 16 shards by fingerprint, in the order in which they were found.
- fingerprinted: another store, if asked for: 128-bit fingerprints stand for the states that are expanded.
- memory: where large arrays are: in pages, or beyond the budget in files that are mapped into memory.
- rounds: the frontier, expanded and added to; threads share the shards out and never write to the same one.
- search: levels and findings, from the first state to the result.
- paths: from a state back to the actions that led to it.
- orbits: the same up to renaming of interchangeable names.

Counts, depths and traces are the same for any grouping, number of threads and hash seed: the order of the search rests
only on the order of the actions and on fingerprints of the values themselves.
"""

from kmodel.engines.exhaustive.search import Bounds as Bounds
from kmodel.engines.exhaustive.search import Checkpoints as Checkpoints
from kmodel.engines.exhaustive.search import explore as explore
from kmodel.engines.exhaustive.search import result_of as result_of
