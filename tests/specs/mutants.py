"""Mutants: control planes with one deliberate bug, to show that a spec can fail.

A mutant is a value: the scene that it plays in, and for each broken transition a function that makes the broken
function of the faithful one. So a bug is written as what it does differently, and all else stays faithful.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import attrs

from kmodel.kernel import Action, Cluster, Model, Spec, SpecKind, Transition
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.control_plane import build
from kmodel.project.spec_files import load_specs

ROOT = Path(__file__).parents[2]
SPECS = load_specs(ROOT / "specs")
INVARIANTS = {spec.name: spec for spec in SPECS if spec.kind is not SpecKind.SOMETIMES and not spec.is_temporal}
TEMPORAL = {spec.name: spec for spec in SPECS if spec.is_temporal}
WITNESSES = {spec.name: spec for spec in SPECS if spec.kind is SpecKind.SOMETIMES}

Function = Callable[..., Cluster | None]
Breaking = Callable[[Function], Function]


@attrs.frozen(eq=False)
class Mutant:
    """A bug, the spec that it violates, the scene, and the shortest story of it: its length and its last transition.

    Of a lasso the length is the stem's, and `cycle` is how many steps are taken for ever.
    """

    spec: str
    bug: str
    scene: Settings
    breaks: tuple[tuple[str, Breaking], ...]
    steps: int
    last: str = ""
    cycle: int | None = None

    @property
    def name(self) -> str:
        """The spec and the bug, as the name of a test."""
        return f"{self.spec}: {self.bug}"

    def model(self) -> Model:
        """Return the broken model with the one spec, which is not excused as a hazard."""
        initial, actions = build(self.scene)
        found = (INVARIANTS | TEMPORAL)[self.spec].within(initial.layout)
        assert found is not None, f"{self.spec} says nothing about this scene; give the scene what it needs"
        broken = _broken(actions, dict(self.breaks))
        return Model((initial,), broken, (attrs.evolve(found, hazards=()),), self.name)


def _broken(actions: tuple[Action, ...], breaks: dict[str, Breaking]) -> tuple[Action, ...]:
    known: dict[Transition, Transition] = {}
    for transition in dict.fromkeys(action.transition for action in actions):
        if transition.name in breaks:
            function = _named_as(transition.function, breaks[transition.name](transition.function))
            known[transition] = attrs.evolve(transition, function=function, describe=None)
    missing = set(breaks) - {transition.name for transition in known}
    assert not missing, f"no action of the scene is a {missing}; give the scene the actor that takes it"
    return tuple(attrs.evolve(action, transition=known.get(action.transition, action.transition)) for action in actions)


def _named_as(faithful: Function, broken: Function) -> Function:
    @wraps(faithful)
    def function(cluster: Cluster, **binding: str) -> Cluster | None:
        return broken(cluster, **binding)

    return function


def faithful(scene: Settings, specs: tuple[Spec, ...]) -> Model:
    """Return the faithful model of a scene, with those of the specs that say something about it."""
    initial, actions = build(scene)
    found = (spec.within(initial.layout) for spec in specs)
    return Model((initial,), actions, tuple(spec for spec in found if spec is not None), "faithful")


def instead(function: Callable[..., Any]) -> Breaking:
    """Return the breaking that puts another function in the place of the faithful one."""
    return lambda _: function
