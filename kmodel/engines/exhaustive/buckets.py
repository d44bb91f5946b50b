"""Buckets: the successors found in a round, by the shard they were found in and the one that they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.memory import Pages
from kmodel.engines.exhaustive.packing import Packing, rewiden
from kmodel.engines.tables.jit import Ints

CACHE_LINES = 128  # bytes: processors fetch lines in pairs
INITIAL = -1  # the shard of the "parents" of initial states


class Buckets:
    """One bucket per pair of shards, in arrays whose first two indices are the source and the target.

    Of each successor there are its packed state, its fingerprint, the action that led to it, and its parent's distance
    from an origin: the source's shard and the place there that the round began at. Threads that expand different
    sources, or add to different targets, use different parts.
    """

    def __init__(self, shards: int, words: int, size: int) -> None:
        shape = (shards, shards, size)
        self.states = _large((*shape, words), np.uint32)
        self.fingerprints = _large(shape, np.int64)
        self.parents = _large(shape, np.uint16)
        self.actions = _large(shape, np.uint32)
        self.counts = apart(shape[:2])
        self.origins = np.zeros((shards, 2), np.int64)

    def clear(self, places: list[int]) -> None:
        """Empty all buckets for a round in which each shard is expanded from a place on."""
        self.counts[:] = 0
        self.origins[:] = list(enumerate(places))

    def of(self, source: int) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """Return the arrays of the buckets of one source: states, fingerprints, parents, actions, counts."""
        return (
            self.states[source],
            self.fingerprints[source],
            self.parents[source],
            self.actions[source],
            self.counts[source],
        )

    def put_initial(self, index: int, target: int, state: Ints, fingerprint: int) -> None:
        """Have an initial state of the model in a bucket of its own, all others being empty."""
        self.counts[:] = 0
        self.counts[0, target] = 1
        self.origins[0] = INITIAL, index
        self.states[0, target, 0], self.parents[0, target, 0] = state, 0
        self.fingerprints[0, target, 0] = fingerprint

    def incoming(self) -> list[int]:
        """Return how many successors there are for each shard, known states among them."""
        counts: list[int] = self.counts.sum(axis=0).tolist()
        return counts

    def moved(self) -> Buckets:
        """Return buckets that just hold all states, each where its fingerprint says, in order for each source."""
        shards, filled = len(self.counts), [_filled(counts) for counts in self.counts]
        targets = [
            (fingerprints[places] >> 56) & (shards - 1)
            for fingerprints, places in zip(self.fingerprints, filled, strict=True)
        ]
        counts = np.array([np.bincount(of_source, minlength=shards) for of_source in targets])
        moved = Buckets(shards, self.states.shape[3], int(counts.max()))
        moved.counts[:], moved.origins[:] = counts, self.origins
        for source, of_source in enumerate(targets):
            buckets, places = filled[source]
            order = np.argsort(of_source, kind="stable")
            former, new = (buckets[order], places[order]), _filled(counts[source])
            moved.states[source][new] = self.states[source][former]
            moved.fingerprints[source][new] = self.fingerprints[source][former]
            moved.parents[source][new] = self.parents[source][former]
            moved.actions[source][new] = self.actions[source][former]
        return moved

    def rewiden(self, old: Packing, arrays: Arrays, words: int) -> None:
        """Pack the states anew, into wider places for the same block values."""
        former, self.states = self.states, _large((*self.states.shape[:3], words), np.uint32)
        for source, target in zip(*self.counts.nonzero(), strict=True):
            count = int(self.counts[source, target])
            rewiden(former[source, target], count, old.word, old.shift, old.mask, arrays, self.states[source, target])


def _filled(counts: Ints) -> tuple[Ints, Ints]:
    """Return the buckets that hold so many states each, once per state, and the states' places in them."""
    buckets = np.repeat(np.arange(counts.size), counts)
    return buckets, np.arange(buckets.size) - np.repeat(np.cumsum(counts) - counts, counts)


def apart(shape: tuple[int, ...]) -> Ints:
    """Return an array of zeros whose rows share no cache line, so that threads may write to one each at full speed."""
    return np.zeros((shape[0], shape[1] + CACHE_LINES // 8, *shape[2:]), np.int64)[:, : shape[1]]


def _large(shape: tuple[int, ...], dtype: Any) -> Ints:
    return Pages(huge=True).array(shape, dtype)
