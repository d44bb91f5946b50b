"""A Python file with a model of one's own, which needs nothing of Kubernetes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from kmodel.input_error import InputError
from kmodel.kernel import Action, Cluster, Model, Spec, Trace
from kmodel.project.python_files import near, variable
from kmodel.reporting.answer import ObjectEnd
from kmodel.reporting.source import Source
from kmodel.reporting.state_shown import StateTable, all_cells
from kmodel.reporting.value_text import show

if TYPE_CHECKING:
    from kmodel.kubernetes.scenario.endings import Ending

R = TypeVar("R")


@attrs.frozen
class ModelFile:
    """A Python file with a model of its own, which has its own specs."""

    made: Model
    source: Source
    engine: str = "exhaustive"
    told: Mapping[str, Any] = attrs.field(factory=dict)
    refused: tuple[str, ...] = ()
    is_plain: bool = False  # it is a model that somebody thought of
    has_objects: bool = False  # whose endings would mean something

    @property
    def own_specs(self) -> tuple[Spec, ...]:
        """The specs of the model, which are asked instead of the project's."""
        return self.made.specs

    def endings(self, runs: Sequence[R]) -> "dict[Ending, R]":
        """Return nothing: what its cells mean nobody knows."""
        return {}

    def objects_end(self, runs: Sequence[Trace]) -> tuple[ObjectEnd, ...]:
        """Return nothing, neither."""
        return ()

    def is_wrong(self, ending: "Ending") -> bool:
        """Tell that nothing is known to be wrong."""
        return False

    def is_normal(self, action: Action) -> bool:
        """Tell that nothing is known to be a fault."""
        return True

    def state(self, cluster: Cluster) -> tuple[StateTable, ...]:
        """Return a state as a table of its cells."""
        return all_cells(cluster)

    def title_of(self, family: str) -> str:
        """Return its name."""
        return family

    def places(self) -> Mapping[str, tuple[Path, int]]:
        """Return nothing."""
        return {}

    def manifests(self, cluster: Cluster) -> list[dict[str, Any]]:
        """Return the cells of a state, with their values as text."""
        return [{str(cell): show(value) for cell, value in zip(cluster.layout.cells, cluster.values, strict=True)}]

    def model(self, specs: tuple[Spec, ...]) -> Model:
        """Return the model, with those of its specs."""
        return attrs.evolve(self.made, specs=tuple(spec for spec in self.made.specs if spec in specs))


def read_model(file: Path) -> ModelFile:
    """Return the model that a Python file holds as `MODEL`; InputError if it holds none."""
    made = variable(file, "MODEL")
    if not isinstance(made, Model):
        problem = "defines no MODEL" if made is None else f"has a MODEL that is a {type(made).__name__}"
        raise InputError(near(file), None, "", problem, "write MODEL = Model.of(cells, transitions, specs)")
    return ModelFile(made, Source(made.name, (file,)))
