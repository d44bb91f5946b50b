"""Symmetry: which names are declared to be interchangeable, and what can be said against it before any step.

A renaming of interchangeable names must map a model to itself: its cells, constants, initial states and actions. The
transpositions of neighbours generate all renamings, so they are what is checked. That transitions and specs treat the
names alike is a matter of their code; the engine shows it on what they read and answered, as far as it can.
"""

from itertools import pairwise
from typing import Any

import attrs

from kmodel.kernel.errors import ModelError
from kmodel.kernel.model import Model
from kmodel.kernel.renaming import Renaming
from kmodel.kernel.values import fields, identity

Groups = tuple[tuple[str, ...], ...]


def check_symmetry(model: Model) -> None:
    """Raise a ModelError, in one line, if a transposition of declared names does not map the model to itself."""
    names = [name for group in model.symmetry for name in group]
    if len(set(names)) != len(names) or not all(names):
        raise ModelError(f"the symmetry of {model.name} lists a name twice, or an empty one; list each name once")
    for group in model.symmetry:
        for one, other in pairwise(group):
            broken = _broken_by(model, Renaming.swap(one, other))
            if broken is not None:
                raise ModelError(
                    f"{one} and {other} are declared interchangeable in {model.name}, but {broken} when they change "
                    "places; take them out of the model's symmetry"
                )


def is_symmetric(model: Model) -> bool:
    """Tell whether all transpositions of the declared names map the model to itself."""
    try:
        check_symmetry(model)
    except ModelError:
        return False
    return True


def _broken_by(model: Model, renaming: Renaming) -> str | None:
    layout = model.initial[0].layout
    for cell in layout.cells:
        if renaming.cell(cell) not in layout:
            return f"cell {cell} becomes {renaming.cell(cell)}, which is not there,"
    for constant, value in layout.constants.items():
        moved = renaming.cell(constant)
        if moved not in layout.constants or identity(_bag(renaming.value(value))) != identity(
            _bag(layout.constants[moved])
        ):
            return f"the constant {constant} changes"
    actions = set(model.actions)
    for action in model.actions:
        if renaming.action(action) not in actions:
            return f"{action} becomes {renaming.action(action)}, which is no action of the model,"
    starts = set(model.initial)
    for cluster in model.initial:
        moved_cluster = renaming.cluster(cluster)
        if moved_cluster not in starts:
            cells = zip(layout.cells, moved_cluster.values, cluster.values, strict=True)
            changed = next(cell for cell, new, old in cells if identity(new) != identity(old))
            return f"the initial state changes in cell {changed}"
    return None


def _bag(value: Any) -> Any:
    """Return a value in which the order of tuples does not count: lists of constants are looked up, not ordered."""
    if isinstance(value, tuple | frozenset):
        return ("bag", *sorted((_bag(item) for item in value), key=repr))
    if attrs.has(type(value)):
        return (type(value).__name__, *(_bag(getattr(value, name)) for name in fields(type(value))))
    return value
