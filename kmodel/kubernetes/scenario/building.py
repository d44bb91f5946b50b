"""From a scenario to the model of it."""

import attrs

from kmodel.kernel import Model, Spec
from kmodel.kubernetes.scenario.scenario import Scenario


def model(scenario: Scenario, specs: tuple[Spec, ...]) -> Model:
    """Return the model of a scenario, with those of the specs that have all the cells that they need."""
    from kmodel.kubernetes.control_plane import build
    from kmodel.kubernetes.scenario.interchangeable import with_symmetry

    initial, actions = build(scenario.settings, scenario.catalog)
    applying = (spec.within(initial.layout) for spec in specs)
    made = Model((initial,), actions, tuple(spec for spec in applying if spec is not None), scenario.name)
    if scenario.interchangeable is not None:
        return attrs.evolve(made, symmetry=scenario.interchangeable)
    return with_symmetry(made, scenario.settings)
