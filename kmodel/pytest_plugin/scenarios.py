"""Reading a scenario file: the one place where the plugin meets `kmodel.kubernetes.scenario`."""

from pathlib import Path

from kmodel.kernel import Model, Spec
from kmodel.kubernetes import scenario
from kmodel.reporting.source import Source


def build(path: Path, specs: tuple[Spec, ...]) -> tuple[Model, Source, str, int | None]:
    """Return the model of a scenario file, its source, the engine it asks for and its bound on states.

    InputError or ModelError if it is no scenario that can be explored.
    """
    loaded = scenario.load([path])
    model = scenario.model(loaded, specs)
    source = Source(
        loaded.name,
        loaded.sources,
        taking_part=loaded.taking_part,
        left_out=loaded.left_out,
        ignored_fields=loaded.ignored_fields,
        description=loaded.description,
    )
    return model, source, loaded.engine, loaded.max_states
