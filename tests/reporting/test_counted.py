"""Versions count up along a story, though those of states are moved up."""

from pathlib import Path

from kmodel.kernel import Rank, Trace
from kmodel.kernel.rank import ranks
from kmodel.project import Project
from kmodel.reporting.counted import counted
from kmodel.reporting.story import story
from tests.reporting.examples import broken_model, result

SCENARIO = Path(__file__).parents[2] / "specs/scenarios/pod-creation.yaml"


def usual_run() -> Trace:
    from kmodel.explorer.walk import Walk

    project = Project()
    given = project.read([SCENARIO])
    walk = Walk(given.model(()), given)
    return walk.trace(walk.onwards((0, 0)))


def test_versions_only_go_up() -> None:
    trace = usual_run()
    highest: dict[str, int] = {}
    made = list[Rank]()
    for state in counted(trace).states:
        there = frozenset[Rank]().union(*map(ranks, state.values))
        new = {rank for rank in there if rank.number > highest.get(rank.scope, 0)}
        made += new
        for rank in new:
            highest[rank.scope] = max(rank.number, highest.get(rank.scope, 0))
    assert len(made) == len(set(made))
    changes = [change for told in story(trace) for change in told.changes if str(change.cell) == "etcd/pods[nginx]"]
    assert [change.how for change in changes if change.path == "metadata.resource_version"] == ["#1 -> #2", "#2 -> #3"]


def test_nothing_but_numbers_differs() -> None:
    trace = usual_run()
    for step, of_counted in zip(trace.steps, counted(trace).steps, strict=True):
        assert (step.action, step.writes) == (of_counted.action, of_counted.writes)
        for value, numbered in zip(step.after.values, of_counted.after.values, strict=True):
            assert len(ranks(value)) == len(ranks(numbered))
            assert type(value) is type(numbered)


def test_a_trace_without_versions_stays_as_it_is() -> None:
    trace = result(broken_model()).failures[0].trace
    assert trace is not None
    assert counted(trace) == trace
