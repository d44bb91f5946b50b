"""Compiled: the representative of a state's orbit under renaming, and how many renamings leave it as it is.

The names of each group are told apart by the roles that they play, summed up per kind of cells, and put in the order
of these, kind by kind: so a name that is alone in its role, such as that of the node that a pod is bound to, is mostly
the same in all representatives, and few footprints are met under two names. Names that play the same roles are twins,
if they can change places without changing the state; otherwise all their arrangements are tried. Of the states that
are left, the one with the smallest fingerprint is the representative (the smallest row, where fingerprints are equal):
a function of the orbit alone, so two states have one representative if and only if a renaming maps one to the other.

The size of an orbit is the number of all renamings over that of those that leave a state of it as it is.
"""

import numpy as np

from kmodel.engines.exhaustive.arrays import Arrays
from kmodel.engines.exhaustive.lists import number_row
from kmodel.engines.exhaustive.orbits.renamings import RenamingArrays
from kmodel.engines.exhaustive.packing import unpack
from kmodel.engines.exhaustive.stops import DONE, GROW, REPACK
from kmodel.engines.tables.jit import UNKNOWN, Ints, compiled

MOST_ARRANGEMENTS = 5_040
POSITIVE = (1 << 63) - 1  # so that who is not mentioned always comes first
TIES = REPACK + 100  # a status beside those of the compiled loop: there are more arrangements than are tried


@compiled
def swap(names: RenamingArrays, name: int, row: Ints) -> None:
    """Have a name and the next one of its group change places in a row."""
    for place in range(names.moved_start[name], names.moved_start[name + 1]):
        cell = names.moved_cells[place]
        target, image = names.targets[name, cell], names.images[name, names.base[cell] + row[cell]]
        if target == cell:
            row[cell] = image
        elif target > cell:
            row[cell], row[target] = names.images[name, names.base[target] + row[target]], image


@compiled
def are_twins(names: RenamingArrays, name: int, row: Ints) -> bool:
    """Tell whether a name and the next one of its group can change places without changing a row."""
    for place in range(names.moved_start[name], names.moved_start[name + 1]):
        cell = names.moved_cells[place]
        if row[names.targets[name, cell]] != names.images[name, names.base[cell] + row[cell]]:
            return False
    return True


@compiled
def find_roles(names: RenamingArrays, row: Ints, roles: Ints) -> None:
    """Sum up, per kind of cells and name, the roles that it plays in a row."""
    roles[:] = 0
    for kind in range(roles.shape[0]):
        for place in range(names.kind_start[kind], names.kind_start[kind + 1]):
            cell = names.kind_cells[place]
            value = names.base[cell] + row[cell]
            for name in range(roles.shape[1]):
                roles[kind, name] += names.roles[value, name]
        for name in range(roles.shape[1]):
            roles[kind, name] &= POSITIVE


@compiled
def compare_names(roles: Ints, one: int, other: int) -> int:
    """Return a negative number if a name plays roles that come before another name's, 0 if it plays the same."""
    for kind in range(roles.shape[0]):
        if roles[kind, one] != roles[kind, other]:
            return -1 if roles[kind, one] < roles[kind, other] else 1
    return 0


@compiled
def sort_names(names: RenamingArrays, roles: Ints, row: Ints) -> None:
    """Put the names of each group in the order of the roles that they play; renamed with the row, they stay true."""
    for group in range(names.group_start.size - 1):
        first = names.group_start[group]
        for name in range(first + 1, names.group_start[group + 1]):
            place = name
            while place > first and compare_names(roles, place - 1, place) > 0:
                swap(names, place - 1, row)
                for kind in range(roles.shape[0]):
                    roles[kind, place - 1], roles[kind, place] = roles[kind, place], roles[kind, place - 1]
                place -= 1


@compiled
def find_ties(names: RenamingArrays, roles: Ints, row: Ints, ties: Ints) -> tuple[int, int, int]:
    """Find the runs of names that play the same roles and are no twins: (first, length) each.

    Return how many runs there are, how many arrangements of them, and how many renamings exchange twins.
    """
    runs, ways, fixing = 0, 1, 1
    for group in range(names.group_start.size - 1):
        first, last = names.group_start[group], names.group_start[group + 1]
        while first < last:
            end = first + 1
            while end < last and compare_names(roles, end - 1, end) == 0:
                end += 1
            arrangements, twins = 1, True
            for name in range(first, end - 1):
                arrangements *= name + 2 - first
                twins = twins and are_twins(names, name, row)
            if twins:
                fixing *= arrangements
            else:
                ties[runs, 0], ties[runs, 1] = first, end - first
                runs += 1
                ways *= arrangements
            first = end
    return runs, ways, fixing


@compiled
def arrange(names: RenamingArrays, number: int, runs: int, ties: Ints, row: Ints) -> None:
    """Put the names of the runs in their number-th arrangement: each moves to the front by one digit's places."""
    for run in range(runs):
        first = ties[run, 0]
        for place in range(1, ties[run, 1]):
            number, digit = number // (place + 1), number % (place + 1)
            for back in range(digit):
                swap(names, first + place - 1 - back, row)


@compiled
def fingerprint_of(names: RenamingArrays, row: Ints) -> int:
    """Return the fingerprint of a state."""
    total = np.int64(0)
    for cell in range(row.size):
        total += names.fingerprints[names.base[cell] + row[cell]]
    return total  # type: ignore[return-value]


@compiled
def compare(one: Ints, other: Ints) -> int:
    """Return a negative number if a row comes before another one, 0 if they are equal, else a positive one."""
    for cell in range(one.size):
        if one[cell] != other[cell]:
            return one[cell] - other[cell]  # type: ignore[no-any-return]
    return 0


@compiled
def canonize(names: RenamingArrays, row: Ints, most: int) -> int:
    """Make a row that of the representative; return how many renamings leave it as it is, 0 if it has too many ties."""
    roles = np.empty((names.kind_start.size - 1, names.targets.shape[0]), np.int64)
    ties = np.empty((names.targets.shape[0], 2), np.int64)
    find_roles(names, row, roles)
    sort_names(names, roles, row)
    runs, ways, fixing = find_ties(names, roles, row, ties)
    if runs == 0:
        return fixing
    if ways > most:
        return 0
    start = row.copy()
    trial = np.empty_like(row)
    smallest, equal = fingerprint_of(names, row), 1
    for number in range(1, ways):
        trial[:] = start
        arrange(names, number, runs, ties, trial)
        fingerprint = fingerprint_of(names, trial)
        if fingerprint > smallest:
            continue
        order = -1 if fingerprint < smallest else compare(trial, row)
        if order == 0:
            equal += 1
        elif order < 0:
            row[:] = trial
            smallest, equal = fingerprint, 1
    return fixing * equal


@compiled
def canonize_buckets(
    t: Arrays, names: RenamingArrays, most: int, states: Ints, fingerprints: Ints, counts: Ints, bucket: int, start: int
) -> tuple[int, int, int]:
    """Make the states of all buckets, from a state of one of them on, their representatives.

    Return a status, and the bucket and the state at which to resume.
    """
    row, former = np.empty(t.cell_block.size, np.int64), np.empty(t.cell_block.size, np.int64)
    part = np.empty(row.size, np.int64)
    values = np.empty(t.word.size, np.int64)
    for number in range(bucket, counts.size):
        source, target = number // counts.shape[1], number % counts.shape[1]
        keys = states[source, target]
        for state in range(start, counts[source, target]):
            unpack(t, keys, state, row)
            former[:] = row
            if canonize(names, row, most) == 0:
                return TIES, number, state
            if compare(row, former) == 0:
                continue
            for block in range(values.size):
                first, last = t.block_cell_start[block], t.block_cell_start[block + 1]
                changed = False
                for slot in range(last - first):
                    cell = t.block_cells[first + slot]
                    part[slot] = row[cell]
                    changed |= row[cell] != former[cell]
                values[block] = UNKNOWN  # it stays
                if changed:
                    values[block] = number_row(t, block, part)
                    if values[block] == UNKNOWN:
                        return GROW, number, state
                    if values[block] > t.mask[block]:
                        return REPACK, number, state
            for block in range(values.size):
                if values[block] != UNKNOWN:
                    word, shift = t.word[block], t.shift[block]
                    keys[state, word] = (keys[state, word] & ~(t.mask[block] << shift)) | (values[block] << shift)
            fingerprints[source, target, state] = fingerprint_of(names, row)
        start = 0
    return DONE, 0, 0


@compiled
def count_fixing(t: Arrays, names: RenamingArrays, most: int, states: Ints, count: int, fixing: Ints) -> None:
    """Find for each of so many representatives how many renamings leave it as it is."""
    row = np.empty(t.cell_block.size, np.int64)
    for state in range(count):
        unpack(t, states, state, row)
        fixing[state] = canonize(names, row, most)
