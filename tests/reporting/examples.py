"""Small explorations to report on: two-phase commit as it is, and with faults planted in it."""

from pathlib import Path

import attrs

from kmodel.engines.events import Finished
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result
from kmodel.kernel import Cluster, Model, invariant, sometimes, transition
from kmodel.reporting.reports import ReportContext, Written, handlers, of_files
from kmodel.reporting.source import Source
from tests.toys import two_phase_commit as toy

SOURCE = Source(
    "two-phase-commit",
    taking_part=("coordinator", "rm0", "rm1"),
    left_out=("message loss: no fault asks for it", "a coordinator that crashes: Lamport's model has none"),
)
WITHOUT_BOUNDS = Bounds()


@transition(actor="{manager}")
def receive_abort(cluster: Cluster, manager: str) -> Cluster | None:
    """A manager takes an Abort message for a Commit."""
    return cluster.set(toy.MANAGER[manager], "committed") if cluster[toy.SENT["Abort"]] else None


@transition(actor="{manager}", environment=True)
def crash(cluster: Cluster, manager: str) -> Cluster | None:
    """A manager crashes; this never happens here."""
    return None


@invariant(hazard="a manager may abort on its own, and two-phase commit cannot help it")
def all_managers_commit(cluster: Cluster) -> bool:
    """No manager aborts."""
    return all(cluster[toy.MANAGER[name]] != "aborted" for name in cluster.names(toy.MANAGER))


@sometimes(shows=all_managers_commit)
def a_manager_crashes(cluster: Cluster) -> bool:
    """A manager crashes."""
    return any(cluster[toy.MANAGER[name]] == "crashed" for name in cluster.names(toy.MANAGER))


def broken_model(managers: int = 2) -> Model:
    """Two-phase commit in which managers ignore what Abort means; it has each standing that a finding can have."""
    model = toy.model(managers)
    actions = [
        receive_abort.bind(**action.arguments) if action.transition is toy.receive_abort else action
        for action in model.actions
    ]
    actions += [crash.bind(manager=name) for name in model.initial[0].names(toy.MANAGER)]
    specs = (*model.specs, all_managers_commit, a_manager_crashes)
    return Model(model.initial, tuple(actions), specs, name="two-phase-commit")


def result(model: Model, bounds: Bounds = WITHOUT_BOUNDS) -> Result:
    """Explore the model; the seconds it took are fixed, so that what is printed can be compared."""
    return attrs.evolve(result_of(model, bounds), seconds=0.5)


def write_report(outcome: Result, source: Source, folder: Path) -> Written:
    """Write the files of all reports on an exploration that is over."""
    context = ReportContext(source, folder)
    for handle in handlers(of_files(), context):
        handle(Finished(outcome))
    assert context.written is not None, context.problem
    return context.written
