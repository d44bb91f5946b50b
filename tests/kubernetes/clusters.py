"""The clusters of `cases/`: what the shipped specs say of each, and all the steps and states that it can take."""

from functools import cache
from pathlib import Path

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result, Verdict
from kmodel.engines.small_graph import extract
from kmodel.kernel import Cluster, Spec
from kmodel.kubernetes.scenario import load
from kmodel.kubernetes.scenario.building import model
from tests.specs.mutants import SPECS

CASES = Path(__file__).parent / "cases"
MOST_STATES = 50_000


@cache
def result(case: str) -> Result:
    """Return what the exploration of a whole case finds."""
    found = result_of(model(load([CASES / f"{case}.yaml"]), SPECS), Bounds(max_states=MOST_STATES))
    assert found.finished, found.stopped
    return found


def violated(case: str) -> list[str]:
    """Return which shipped specs a case violates, hazards apart."""
    return [f"{finding.spec.name}: {finding.reason}" for finding in result(case).failures]


def failures(case: str, spec: Spec) -> list[str]:
    """Return why a case violates a spec of the test."""
    found = result_of(model(load([CASES / f"{case}.yaml"]), (spec,)), Bounds(max_states=MOST_STATES))
    assert found.finished, found.stopped
    return [str(finding.reason) for finding in found.failures]


def verdict(case: str, spec: str) -> Verdict:
    """Return the verdict on one of the shipped specs, which must have been asked."""
    return next(finding.verdict for finding in result(case).findings if finding.spec.name == spec)


@cache
def states(case: str) -> tuple[Cluster, ...]:
    """Return all states of a case."""
    graph = extract(model(load([CASES / f"{case}.yaml"]), ()), MOST_STATES)
    return tuple(graph.states)
