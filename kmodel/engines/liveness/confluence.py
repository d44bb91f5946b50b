"""Confluence: the states in which the system comes to rest, as far as they differ in more than names."""

from collections.abc import Iterable
from itertools import chain, permutations, product
from math import factorial, prod

from kmodel.engines.symmetry.numbering import Numbering, Permutation
from kmodel.kernel import Cluster, Model

SHOWN = 16  # ends to which a trace is shown
MOST_RENAMINGS = 720  # beyond that states are compared with their names


def distinct_up_to_names(model: Model, clusters: Iterable[Cluster]) -> list[int]:
    """Return the places of the clusters that are no renaming of an earlier one, by interchangeable names."""
    if not model.symmetry:
        return [place for place, _ in enumerate(clusters)]
    numbering, seen, distinct = Numbering(model), set(), []
    renamings = _renamings(model, numbering)
    for place, cluster in enumerate(clusters):
        row = numbering.row(cluster)
        representative = min(numbering.permuted(row, renaming) for renaming in renamings)
        if representative not in seen:
            seen.add(representative)
            distinct.append(place)
    return distinct


def _renamings(model: Model, numbering: Numbering) -> list[Permutation]:
    if prod(factorial(len(group)) for group in model.symmetry) > MOST_RENAMINGS:
        return [numbering.identity]
    groups = [
        [place for place, of in enumerate(numbering.group_of) if of == number] for number in range(len(model.symmetry))
    ]
    return [tuple(chain.from_iterable(arranged)) for arranged in product(*map(permutations, groups))]
