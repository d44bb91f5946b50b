"""Confluence: the states in which the system comes to rest, as far as they differ in more than names."""

from collections.abc import Iterable
from itertools import chain, permutations, product
from math import factorial, prod

from kmodel.kernel import Cluster, Model
from kmodel.kernel.renaming import Renaming

SHOWN = 16  # ends to which a trace is shown
MOST_RENAMINGS = 720  # beyond that states are compared with their names


def distinct_up_to_names(model: Model, clusters: Iterable[Cluster]) -> list[int]:
    """Return the places of the clusters that are no renaming of an earlier one, by interchangeable names."""
    if not model.symmetry or prod(factorial(len(group)) for group in model.symmetry) > MOST_RENAMINGS:
        return [place for place, _ in enumerate(clusters)]
    renamings, seen, distinct = _renamings(model), set[Cluster](), []
    for place, cluster in enumerate(clusters):
        if cluster not in seen:
            distinct.append(place)
            seen.update(renaming.cluster(cluster) for renaming in renamings)
    return distinct


def _renamings(model: Model) -> list[Renaming]:
    names = tuple(chain.from_iterable(model.symmetry))
    arrangements = product(*map(permutations, model.symmetry))
    return [Renaming(tuple(zip(names, chain.from_iterable(each), strict=True))) for each in arrangements]
