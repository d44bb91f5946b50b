"""The arrays that grow with the number of states, and those that several threads write to."""

import mmap
import sys
from itertools import pairwise

import numpy as np
import pytest

from kmodel.engines.exhaustive import result_of, rounds
from kmodel.engines.exhaustive.buckets import CACHE_LINES, Buckets, apart
from kmodel.engines.exhaustive.memory import Pages
from kmodel.engines.tables.interning import Interner
from kmodel.engines.tables.jit import UNKNOWN
from kmodel.kernel.footprint import Projection
from tests.toys import pods


@pytest.mark.parametrize("huge", [False, True])
def test_pages_keep_what_is_in_them_when_they_grow(huge: bool) -> None:
    pages = Pages(huge)
    pages.array((3, 2), np.uint32)[:] = [[1, 2], [3, 4], [5, 6]]
    for rows in (4, 5_000, 6_000, 2_000_000):
        array = pages.array((rows, 2), np.uint32)
        assert array.shape == (rows, 2)
        assert array[:3].tolist() == [[1, 2], [3, 4], [5, 6]]
        assert not array[3:].any()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system gives no word on what was given back")
def test_pages_that_were_forgotten_are_given_back_and_the_others_kept() -> None:
    pages, rows = Pages(huge=False), 3 * mmap.PAGESIZE
    pages.array((rows,), np.uint8)[:] = 7
    for until in (mmap.PAGESIZE // 2, mmap.PAGESIZE + 5, 2 * mmap.PAGESIZE + 5):
        pages.forget(until)
        kept = until // mmap.PAGESIZE * mmap.PAGESIZE
        assert pages.array((rows,), np.uint8).tolist() == [0] * kept + [7] * (rows - kept)
    grown = pages.array((1_000 * rows,), np.uint8)
    assert grown[:rows].tolist() == [0] * kept + [7] * mmap.PAGESIZE


@pytest.mark.parametrize("shape", [(16, 1), (16, 7), (3, 5, 3)])
def test_rows_of_different_threads_share_no_cache_line(shape: tuple[int, ...]) -> None:
    array = apart(shape)
    assert array.shape == shape
    for one, other in pairwise(array):
        end = one.__array_interface__["data"][0] + one.nbytes
        assert other.__array_interface__["data"][0] - end >= CACHE_LINES


def test_states_move_to_the_buckets_that_their_fingerprints_say() -> None:
    random = np.random.default_rng(1)
    buckets = Buckets(4, 2, 9)
    buckets.clear([10, 20, 30, 40])
    buckets.counts[:] = random.integers(0, 9, (4, 4))
    buckets.counts[2] = 0
    buckets.fingerprints[:] = random.integers(-(1 << 63), (1 << 63) - 1, buckets.fingerprints.shape)
    buckets.states[:] = random.integers(0, 1 << 32, buckets.states.shape)
    buckets.parents[:] = random.integers(0, 1 << 16, buckets.parents.shape)
    buckets.actions[:] = random.integers(0, 1 << 16, buckets.actions.shape)

    def of(each: Buckets, source: int, target: int) -> list[tuple[int, list[int], int, int]]:
        contents = each.fingerprints, each.states, each.parents, each.actions
        columns = (array[source, target, : each.counts[source, target]].tolist() for array in contents)
        return list(zip(*columns, strict=True))

    moved = buckets.moved()
    assert moved.origins.tolist() == [[0, 10], [1, 20], [2, 30], [3, 40]]
    for source in range(4):
        found = [each for target in range(4) for each in of(buckets, source, target)]
        for target in range(4):
            assert of(moved, source, target) == [each for each in found if (each[0] >> 56) % 4 == target]


def test_of_a_new_value_that_is_found_out_which_was_asked_of_the_one_it_was_made_of() -> None:
    layout = pods.model(1, 1).initial[0].layout
    interner, asked = Interner(layout), []

    def inverse(value: int) -> int:
        asked.append(value)
        return 12 // (value - 3)

    of_inverse = interner.projection(0, Projection(function=inverse))
    never_asked = interner.projection(0, Projection(function=lambda value: pytest.fail("nobody asked this")))
    increment = interner.update(0, lambda value: value + 1)
    first = interner.intern(0, 1)
    interner.look(of_inverse, first)
    second = interner.apply(increment, first)
    third = interner.apply(increment, second)

    def branch(projection: int, value: int) -> int:
        return int(interner.branches.data[interner.projection_base.data[projection] + value])

    assert asked == [1, 2, 3]
    assert branch(of_inverse, second) not in (UNKNOWN, branch(of_inverse, first))
    # That it fails is an answer, too.
    assert branch(of_inverse, third) not in (UNKNOWN, branch(of_inverse, first), branch(of_inverse, second))
    assert branch(never_asked, second) == UNKNOWN


def test_blocks_stay_while_others_would_serve_no_better(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = result_of(pods.model(2, 1))
    blocks: list[int] = []
    regroup = rounds.Frontier.regroup

    def regroup_and_note(space: rounds.Frontier) -> None:
        regroup(space)
        blocks.append(len(space.blocks.partition))

    monkeypatch.setattr(rounds.Frontier, "regroup", regroup_and_note)
    monkeypatch.setattr(rounds, "REGROUP_AT_STATES", (100, 1_000, 2_000))
    cells = len(expected.model.initial[0].values)
    offers = [[tuple(range(cells))], [tuple(range(4)), tuple(range(4, cells))]]
    monkeypatch.setattr(rounds, "choose_partition", lambda *_: offers[min(len(blocks), 1)])
    monkeypatch.setattr(rounds, "most_values", lambda states: 1 << 30 if len(blocks) < 2 else 1)
    result = result_of(pods.model(2, 1))
    assert blocks == [1, 1, 2]
    assert (result.states, result.generated, result.depth) == (expected.states, expected.generated, expected.depth)
