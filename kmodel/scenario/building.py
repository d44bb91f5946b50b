"""From a scenario to the model of it."""

from kmodel.kernel import Model, Spec
from kmodel.scenario.scenario import Scenario


def model(scenario: Scenario, specs: tuple[Spec, ...]) -> Model:
    """Return the model of a scenario, with those of the specs that have all the cells that they need."""
    from kmodel.components.control_plane import build

    initial, actions = build(scenario.settings)
    families = {cell.family for cell in initial.layout.cells}
    return Model((initial,), actions, tuple(spec for spec in specs if families.issuperset(spec.needs)), scenario.name)
