"""Exploration up to renaming: the orbits that TLC counts, and the verdicts of the full run."""

import json
from itertools import permutations
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.exhaustive.orbits import canonical
from kmodel.engines.exhaustive.orbits.orbit_rounds import OrbitFrontier
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import Cells, Cluster, Model, ModelError, enabled, follow, invariant, take, transition
from kmodel.kernel.renaming import Renaming, mentioned
from kmodel.kubernetes import scenario
from kmodel.project.spec_files import load_specs
from tests.engines.hash_seeds import printed
from tests.engines.symmetric_models import symmetric_models
from tests.shares import long_if_in
from tests.toys import dining_philosophers, pods, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees

UP_TO_RENAMING = Bounds(symmetry=True)
SCENARIOS = Path(__file__).parents[2] / "specs" / "scenarios"


@pytest.mark.parametrize(
    ("managers", "orbits", "generated", "depth", "states"),
    [
        (2, 34, 94, 8, 56),
        (3, 80, 318, 11, 288),
        (4, 166, 869, 14, 1_568),
        (5, 314, 2_048, 17, 8_832),
        (6, 553, 4_328, 20, 50_816),
        (7, 920, 8_410, 23, 296_448),
        (8, 1_461, 15_287, 26, 1_745_408),
        (10, 3_300, 43_298, 32, 61_515_776),
        (12, 6_656, 105_081, 38, 2_193_563_648),
    ],
)
def test_orbits_of_two_phase_commit_are_those_of_tlc(
    managers: int, orbits: int, generated: int, depth: int, states: int
) -> None:
    result = result_of(two_phase_commit.model(managers), UP_TO_RENAMING)
    assert result.finished
    assert (result.states, result.generated, result.depth, result.represented) == (orbits, generated, depth, states)
    assert result.generated == sum(result.fired.values()) + 1
    assert {finding.verdict for finding in result.findings} == {Verdict.HOLDS}


@pytest.mark.parametrize(("size", "states"), [((2, 1), 3_632), ((2, 2), 109_391)])
def test_orbits_of_pods_and_nodes_represent_all_states(size: tuple[int, int], states: int) -> None:
    result = result_of(pods.model(*size), UP_TO_RENAMING)
    assert result.finished
    assert result.represented == states
    assert result.states < states / 1.9


def outcomes(result: Result) -> dict[str, tuple[Verdict, int | None]]:
    return {
        finding.spec.name: (finding.verdict, None if finding.trace is None else len(finding.trace.steps))
        for finding in result.findings
        if not finding.spec.is_temporal  # of which nothing is said up to renaming
    }


def agree(model: Model, full: Result) -> Result:
    """Explore up to renaming; all that does not depend on names must be as in the full run."""
    result = result_of(model, UP_TO_RENAMING)
    assert result.symmetry is not None
    assert result.symmetry.note is None
    assert result.finished
    assert (result.represented, result.depth) == (full.states, full.depth)
    assert outcomes(result) == outcomes(full)
    assert result.never_fired == full.never_fired
    for finding in result.findings:
        if finding.trace is not None:
            assert follow(model, finding.trace.address) == finding.trace
    return result


def test_a_violation_has_a_shortest_trace_of_the_model_itself() -> None:
    model = two_phase_commit_that_disagrees(3)
    result = agree(model, result_of(model))
    finding = next(each for each in result.findings if each.spec is two_phase_commit.managers_agree)
    assert finding.trace is not None
    assert len(finding.trace.steps) == 2 * 3 + 3
    assert two_phase_commit.managers_agree(finding.trace.last) is not True


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(symmetric_models())
@pytest.mark.long
def test_a_random_symmetric_model_is_explored_as_without_symmetry(model: Model) -> None:
    full = result_of(model, Bounds(max_states=3_000))
    assume(full.finished)
    agree(model, full)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(symmetric_models())
def test_a_representative_is_that_of_the_whole_orbit(model: Model) -> None:
    space = OrbitFrontier(model)
    (names,) = model.symmetry
    renamings = [Renaming(tuple(zip(names, each, strict=True))) for each in permutations(names)]
    cluster = model.initial[0]
    for number in range(12):
        rows = [space.tables.row(renaming.cluster(cluster)) for renaming in renamings]
        representatives = {tuple(space.representative(row)) for row in rows}
        assert len(representatives) == 1
        (representative,) = representatives
        assert list(representative) in rows
        row = np.array(rows[0])
        fixing = canonical.canonize(space.renamings.arrays(), row, canonical.MOST_ARRANGEMENTS)
        assert fixing == rows.count(rows[0])
        steps = list(enabled(model, cluster))
        if not steps:
            break
        cluster = steps[number % len(steps)].next


def test_philosophers_at_a_table_are_not_interchangeable() -> None:
    model = dining_philosophers.model(3, last_is_left_handed=False)
    declared = attrs.evolve(model, symmetry=(("p0", "p1", "p2"),))
    with pytest.raises(ModelError, match=r"p0 and p1 are declared interchangeable .* initial state changes in cell"):
        result_of(declared, UP_TO_RENAMING)


def test_names_of_different_actions_are_not_interchangeable() -> None:
    model = two_phase_commit.model(2)
    fewer = attrs.evolve(model, actions=model.actions[:-1])
    with pytest.raises(ModelError, match="is no action of the model"):
        result_of(fewer, UP_TO_RENAMING)


SEAT: Cells[bool] = Cells("seat")


@transition(actor="{name}")
def sit_down(cluster: Cluster, name: str) -> Cluster | None:
    """The first in the alphabet sits down before the others."""
    free = [each for each in cluster.names(SEAT) if not cluster[SEAT[each]]]
    return cluster.set(SEAT[name], True) if free and name == min(free) else None


@invariant
def a_sits_last(cluster: Cluster) -> bool | str:
    """The one called a is not the first."""
    return not cluster[SEAT["a"]] or cluster[SEAT["b"]] or "a sits alone"


@transition(actor="{name}")
def sit_down_anywhere(cluster: Cluster, name: str) -> Cluster | None:
    """Anyone sits down."""
    return None if cluster[SEAT[name]] else cluster.set(SEAT[name], True)


def seats(by: object, *specs: object) -> Model:
    initial = Cluster.of({SEAT[name]: False for name in "ab"})
    actions = tuple(by.bind(name=name) for name in "ab")  # type: ignore[attr-defined]
    return Model((initial,), actions, specs, "seats", symmetry=(("a", "b"),))  # type: ignore[arg-type]


def test_a_transition_that_prefers_a_name_is_found() -> None:
    with pytest.raises(ModelError, match=r"transition sit_down\(name=\"a\"\) does not treat a and b alike"):
        result_of(seats(sit_down), UP_TO_RENAMING)


def test_a_spec_that_prefers_a_name_is_found() -> None:
    with pytest.raises(ModelError, match="spec a_sits_last"):
        result_of(seats(sit_down_anywhere, a_sits_last), UP_TO_RENAMING)


def test_too_many_ties_are_said_and_all_states_are_explored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "MOST_ARRANGEMENTS", 0)
    result = result_of(pods.model(2, 2), UP_TO_RENAMING)
    assert (result.states, result.represented) == (109_391, 109_391)
    assert result.symmetry is not None
    assert result.symmetry.note is not None
    assert "look alike" in result.symmetry.note


def test_a_model_without_interchangeable_names_says_so() -> None:
    model = attrs.evolve(two_phase_commit.model(2), symmetry=())
    result = result_of(model, UP_TO_RENAMING)
    assert result.states == 56
    assert result.symmetry is not None
    assert result.symmetry.note is not None
    assert "no names" in result.symmetry.note


def test_bounds_count_orbits_and_are_never_success() -> None:
    model = two_phase_commit.model(4)
    result = result_of(model, Bounds(max_depth=3, symmetry=True))
    assert not result.finished
    assert {finding.verdict for finding in result.findings} == {Verdict.NO_VIOLATION_FOUND}
    stopped = result_of(model, Bounds(max_states=20, symmetry=True)).stopped
    assert stopped is not None
    assert "orbits" in stopped


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("n1", ("n1",)),
        ("kubelet/n1/nginx", ("n1",)),
        ("system:node:n2", ("n2",)),
        ("n10", ()),
        ("n1-old", ()),
        ("my.n1", ()),
        ("pods on n1 and n2.", ("n1", "n2")),
    ],
)
def test_which_texts_mention_a_name(text: str, found: tuple[str, ...]) -> None:
    assert mentioned((text,), ("n1", "n2")) == found


def of_scenario(name: str, nodes: int | None) -> Model:
    made = scenario.load([SCENARIOS / f"{name}.yaml"], nodes=nodes)
    specs = load_specs(SCENARIOS.parent)
    return scenario.model(made, tuple(spec for spec in specs if not spec.is_temporal))


EXHAUSTIVE = sorted(file.stem for file in SCENARIOS.glob("*.yaml") if scenario.load([file]).engine == "exhaustive")
# Their manifests name one node, or a part of the model tells nodes apart.
DIFFERING = (
    "api-server-away",
    "control-node-cut-off",
    "control-node-lost",
    "cronjob",
    "daemonset",
    "daemonset-doubled",
    "daemonset-updated",
    "deployment-undone",
    "event-lost-of-a-bound-pod",
    "event-lost-of-a-daemonset",
    "event-lost-of-a-finished-job",
    "event-lost-of-a-job",
    "event-lost-of-a-lost-pod",
    "event-lost-of-a-statefulset",
    "event-lost-of-a-rollout",
    "event-lost-of-a-node",
    "init-containers",
    "job",
    "job-cleaned-up",
    "job-doubled",
    "job-fails",
    "namespace-deleted",
    "node-cut-off",
    "node-deleted",
    "node-given-up",
    "node-reboots",
    "node-replaced",
    "pod-resized",
    "probes",
    "rejected-template",
    "silent-node",
    "stale-list",
    "start-up-taint",
    "statefulset",
    "statefulset-updated",
)
ALIKE = (
    "api-server-dies",
    "controller-restart",
    "created-in-a-namespace-that-goes",
    "deployment-surges",
    "etcd-slow-disk",
    "etcd-unavailable",
    "etcd-without-majority",
    "event-lost-of-a-namespace",
    "event-lost-of-a-quota",
    "event-lost-of-an-owner",
    "job-too-large",
    "lost-answer",
    "pod-adopted",
    "quota-counted-anew",
    "replicaset-deleted",
    "replicaset-scaled-down",
)  # have no kubelets: no step tells two nodes apart
WHOLE = (
    "control-node-lost-poll",
    "deployment-surges",
    "etcd-slow-disk",
    "leader-elected",
    "leader-paused",
    "pod-forced-out",
    "node-lost",
    "pod-creation",
    "pod-deletion",
    "scheduler-restart",
)  # take long, and are compared to their end
LARGE = {  # with two nodes; the depth to which they are compared
    "deployment-rolled-out": 28,
    "event-lost": 18,
    "kubelet-restart": 22,
    "pod-recreated": 28,
    "replicaset-loses-a-pod": 22,
    "service": 24,
    "two-pods-one-node": 18,
}


@pytest.mark.parametrize("name", long_if_in(WHOLE, (name for name in EXHAUSTIVE if not {name} & {*LARGE, *DIFFERING})))
def test_identical_nodes_are_explored_as_without_symmetry(name: str) -> None:
    model = of_scenario(name, 2)
    assert model.symmetry == (("n1", "n2"),)
    full = result_of(model)
    result = agree(model, full)
    assert result.states == full.states if name in ALIKE else result.states < 0.55 * full.states


@pytest.mark.parametrize(("name", "depth"), [("kubelet-restart", 14), ("service", 14), ("two-pods-one-node", 10)])
def test_orbits_represent_all_states_up_to_a_smaller_depth(name: str, depth: int) -> None:
    compare_up_to(name, depth)


@pytest.mark.long
@pytest.mark.parametrize(("name", "depth"), LARGE.items())
def test_orbits_represent_all_states_up_to_a_depth(name: str, depth: int) -> None:
    compare_up_to(name, depth)


def compare_up_to(name: str, depth: int) -> None:
    model = of_scenario(name, 2)
    full, result = (result_of(model, Bounds(max_depth=depth, symmetry=symmetry)) for symmetry in (False, True))
    assert outcomes(result) == outcomes(full)
    assert result.represented == full.states
    assert result.states < 0.55 * full.states


@pytest.mark.long
def test_which_scenarios_have_interchangeable_names() -> None:
    having = {name for name in EXHAUSTIVE if of_scenario(name, None).symmetry}
    assert having == {"node-lost", "pod-creation-poll", "pod-forced-out"}  # others have one, or some that differ
    assert {name for name in EXHAUSTIVE if not of_scenario(name, 2).symmetry} == set(DIFFERING)


def test_a_scenario_declares_what_is_interchangeable(tmp_path: Path) -> None:
    text = (SCENARIOS / "pod-creation.yaml").read_text()
    declared = tmp_path / "declared.yaml"
    declared.write_text(text.replace("spec:\n", "spec:\n  interchangeable: [[n1, n2]]\n", 1))
    model = scenario.model(scenario.load([declared], nodes=2), ())
    assert model.symmetry == (("n1", "n2"),)
    differing = scenario.model(scenario.load([declared]), ())
    with pytest.raises(ModelError, match="n1 and n2 are declared interchangeable in pod-creation, but"):
        result_of(differing, UP_TO_RENAMING)


def test_nodes_that_differ_are_not_interchangeable() -> None:
    assert of_scenario("pod-creation", None).symmetry == ()


@pytest.mark.parametrize("name", ["pod-creation", "replicaset-loses-a-pod", "unauthorized-user"])
def test_components_treat_identical_nodes_alike(name: str) -> None:
    """Each action, in states of a walk, does what its counterpart does after the nodes have changed places."""
    model = of_scenario(name, 2)
    (group,) = model.symmetry
    renaming = Renaming.swap(*group)
    cluster = model.initial[0]
    for number in range(25):
        mirrored = renaming.cluster(cluster)
        following = []
        for action in model.actions:
            step, other = take(action, cluster), take(renaming.action(action), mirrored)
            assert (step is None) == (other is None), action
            if step is not None and other is not None:
                assert renaming.cluster(step.next).values == other.next.values, action
                following.append(step.next)
        if not following:
            break
        cluster = following[(7 * number) % len(following)]


COUNT = """
import json
from kmodel.engines.exhaustive import Bounds, result_of
from tests.toys import pods
from tests.toys.mutants import two_phase_commit_that_disagrees
for model in (two_phase_commit_that_disagrees(4), pods.model(2, 1)):
    result = result_of(model, Bounds(symmetry=True))
    traces = [finding.trace.path for finding in result.findings if finding.trace]
    print(json.dumps([result.states, result.generated, result.represented, dict(result.fired), traces]))
"""


@pytest.mark.long
def test_orbits_do_not_depend_on_the_hash_seed() -> None:
    seen = printed(COUNT)
    assert seen[0] == seen[1]
    assert json.loads(seen[0].splitlines()[1])[2] == 3_632
