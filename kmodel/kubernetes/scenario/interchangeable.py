"""Which names of a scenario are interchangeable, as far as kmodel can show it by itself: identical nodes.

Nodes are, if they are equal up to their names, nothing else in the scenario mentions one of them (no nodeName, no
selector of a host, no request about a node), and all cells, constants, actions and the initial state of the model map
to themselves when two of them change places. That the components treat equal nodes alike is how they are written: a
node is looked up by its name or met in a loop over all nodes whose order decides nothing. The scheduler's choice among
nodes of equal score is free, so it is one action per node; the ranks of an object's versions and UIDs belong to one
object each, so that they are renumbered without regard to others; no component sorts by a node's name. A test takes
every action in states met under one name and under the other, and the engine shows it of all that a search has used.

Pods of one ReplicaSet are left out, because they are not interchangeable. That a new pod takes the lowest name that
is free would do no harm: any two free names are mentioned by no cell, so the states that the choice could lead to
differ by a renaming. But a ReplicaSet that deletes pods sorts them by phase, readiness and restarts and then by name:
among pods that are equal in these and differ in another way (their nodes, their containers' states, what caches know
of them), the one with the last name goes, and with the names exchanged the other would.
"""

from itertools import pairwise

import attrs

from kmodel.kernel import Model, is_symmetric
from kmodel.kernel.renaming import Renaming
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.objects import Node


def with_symmetry(model: Model, settings: Settings) -> Model:
    """Return the model with its groups of interchangeable nodes, if it has any."""
    groups = []
    for group in _equal_nodes(settings.nodes):
        if _only_nodes_mention(settings, group) and is_symmetric(attrs.evolve(model, symmetry=(group,))):
            groups.append(group)
    return attrs.evolve(model, symmetry=tuple(groups)) if groups else model


def _equal_nodes(nodes: tuple[Node, ...]) -> list[tuple[str, ...]]:
    """Return the names of the nodes that are equal up to their names, where there are two or more."""
    groups: list[list[Node]] = []
    for node in nodes:
        for group in groups:
            if Renaming.swap(node.metadata.name, group[0].metadata.name).value(node) == group[0]:
                group.append(node)
                break
        else:
            groups.append([node])
    return [tuple(node.metadata.name for node in group) for group in groups if len(group) > 1]


def _only_nodes_mention(settings: Settings, group: tuple[str, ...]) -> bool:
    rest = attrs.evolve(settings, nodes=())
    return all(Renaming.swap(one, other).value(rest) == rest for one, other in pairwise(group))
