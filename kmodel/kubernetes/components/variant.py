"""Variants: a component that differs from what comes with kmodel in a few transitions, and takes its place.

A bug that was fixed, or a fix that is still to come, is written as what it does differently; all else stays as it is:
the order of the actions, the calls, the rights. The value of a variable in a Python file of a project is enough.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from kmodel.kernel import Transition
from kmodel.kubernetes.components.component import Component, Memory, Steps
from kmodel.kubernetes.components.informer import Handler


@attrs.frozen(eq=False)
class Variant:
    """The component that takes the place of the one of its name."""

    component: Component


def variant(
    of: Component,
    replaced: Mapping[Transition, Transition] | None = None,
    *,
    memory: tuple[Memory, ...] = (),
    steps: tuple[Steps, ...] = (),
    on_change: Handler | None = None,
    **changes: Any,
) -> Variant:
    """Return a component with some of its transitions `replaced`, and with more memory and steps.

    `changes` are other fields of the component. ValueError if it has none of the transitions, or the parameters differ.
    """
    replaced = replaced or {}
    known = {each for caller in of.callers for each in (*caller.sends, caller.receives)}
    known |= {each for step in of.steps for each in step.transitions}
    for old, new in replaced.items():
        if old not in known:
            raise ValueError(f"{of.name} has no transition {old.name}; name one that it has")
        if old.parameters != new.parameters:
            raise ValueError(f"{new.name} takes other names than {old.name}; take {', '.join(old.parameters)}")

    def new_of(old: Transition) -> Transition:
        return replaced.get(old, old)

    return Variant(
        attrs.evolve(
            of,
            callers=tuple(
                attrs.evolve(caller, sends=tuple(map(new_of, caller.sends)), receives=new_of(caller.receives))
                for caller in of.callers
            ),
            steps=(
                *(attrs.evolve(step, transitions=tuple(map(new_of, step.transitions))) for step in of.steps),
                *steps,
            ),
            memory=(*of.memory, *memory),
            on_change=on_change or of.on_change,
            **changes,
        )
    )
