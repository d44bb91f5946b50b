"""Stepping through a model by hand: the addresses are those of the kernel, and what is shown is so."""

import pytest

from kmodel.engines.retracing import follow_path
from kmodel.engines.small_graph import Graph, extract
from kmodel.explorer.condition import read_condition
from kmodel.explorer.nearest import aim_of, nearest
from kmodel.explorer.walk import NowhereError, Walk, read_address
from kmodel.kernel import Cluster
from kmodel.kernel.model import enabled
from kmodel.kubernetes.components.etcd import PODS
from kmodel.kubernetes.objects import ObjectMeta, Pod, PodSpec
from kmodel.reporting.answer import CELLS_ALONE
from tests.reporting.examples import broken_model, result
from tests.toys import two_phase_commit


def walk() -> Walk:
    return Walk(broken_model(), CELLS_ALONE)


def test_the_steps_ahead_are_those_that_are_enabled_under_the_kernel_s_addresses() -> None:
    there = walk()
    address: tuple[int, ...] = (0,)
    for _ in range(4):
        cluster = there.trace(address).last
        assert [ahead.step.next for ahead in there.ahead(address)] == [
            step.next for step in enabled(there.model, cluster)
        ]
        address = there.ahead(address)[-1].address
        assert there.trace(address).last == follow_path(there.model, "/".join(map(str, address))).last


def test_the_specs_are_live() -> None:
    there = walk()
    at_first = there.live((0,))
    assert (at_first.wrong, at_first.holds) == ((), 2)
    wrong = there.live((0, 0, 1, 3))
    assert [(spec.name, why) for spec, why in wrong.wrong] == [
        ("managers_agree", "one manager committed, another aborted"),
        ("all_managers_commit", "the spec returned False"),
    ]
    assert wrong.holds == 0


def test_random_steps_can_be_repeated_and_end_where_nothing_can_happen() -> None:
    there = Walk(two_phase_commit.model(2), CELLS_ALONE)
    assert there.at_random((0,), 5, seed=3) == there.at_random((0,), 5, seed=3)
    last = there.at_random((0,), 500, seed=1)
    assert all(ahead.is_idle for ahead in there.ahead(last))


def test_the_usual_course_ends_at_rest() -> None:
    there = Walk(two_phase_commit.model(2), CELLS_ALONE)
    last = there.onwards((0,))
    assert len(last) > 1
    assert all(ahead.is_idle or ahead.step.action.transition.environment for ahead in there.ahead(last))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0/99", "step 1 of the address takes choice 99, but there are "),
        ("7", "an address begins with an initial state, 0 to 0"),
        ("0/x", "'0/x' is no address; write one number per choice, such as 0/3/1"),
        ("", "'' is no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(text: str, why: str) -> None:
    with pytest.raises(NowhereError, match=why):
        walk().trace(read_address(text))


def test_what_cannot_happen_says_what_decided_it() -> None:
    there = walk()
    told = {str(each.action): (each.cell, each.saw) for each in there.disabled((0,))}
    assert told["commit()"] == ("prepared[rm0]", "False")
    assert told['receive_abort(manager="rm1")'] == ("sent[Abort]", "False")
    ahead = {str(each.step.action) for each in there.ahead((0,))}
    assert ahead.isdisjoint(told)
    assert len(ahead) + len(told) == len(there.model.actions)


def test_the_shortest_way_to_a_violation_is_that_of_the_engine() -> None:
    there = walk()
    for finding in result(there.model).failures:
        address = there.nearest((0,), finding.spec.name)
        assert finding.trace is not None
        assert len(address) == len(finding.trace.address)
        assert there.live(address).wrong[0][0] == finding.spec


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a_manager_crashes", "a_manager_crashes does not happen in all"),
        ("nothing", "there is no spec of states or steps that is called 'nothing'"),
        ("manager[rm0] = asleep", "manager.rm0. = asleep comes to be nowhere else in all"),
        ("manager[rm7] = working", "there is no cell 'manager.rm7.' here; there are, among others, manager.rm1., m"),
        ("= working", "'= working' is no condition: write CELL.ATTRIBUTE = VALUE"),
    ],
)
def test_where_no_way_is_found_that_is_said(name: str, said: str) -> None:
    with pytest.raises(NowhereError, match=said):
        walk().nearest((0,), name)


def test_a_search_that_is_cut_off_is_not_complete() -> None:
    model = broken_model()
    never = next(spec for spec in model.specs if spec.name == "a_manager_crashes")
    assert not nearest(model, model.initial[0], aim_of(never), max_states=5).is_complete
    assert nearest(model, model.initial[0], aim_of(never)).is_complete


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("coordinator=aborted", 1),
        ("manager[rm0] = committed and manager[rm1] != working", 3),
        ("coordinator ~ mitt", 5),
        ("manager[rm0].phase != nothing", None),
    ],
)
def test_the_shortest_way_to_a_condition_is_the_first_of_all_states(text: str, steps: int | None) -> None:
    there = walk()
    condition = read_condition(text, there.model.initial[0].layout)
    found = extract(there.model, 1000)
    meets = [number for number, state in enumerate(found.states) if condition.holds(state)]
    if steps is None:
        assert meets == []
        return
    address = there.nearest((0,), text)
    assert condition.holds(there.trace(address).last)
    assert len(address) - 1 == steps == min(depth_of(found)[number] for number in meets)


def depth_of(graph: Graph) -> dict[int, int]:
    """Return how far each state of a graph is from the first, by its edges alone."""
    depth, ahead = {0: 0}, [0]
    for state in ahead:
        for edge in graph.edges:
            if edge.source == state and edge.target not in depth:
                depth[edge.target] = depth[state] + 1
                ahead.append(edge.target)
    return depth


def test_a_condition_speaks_of_attributes_as_they_are_shown() -> None:
    pod = Pod(ObjectMeta("web"), PodSpec(node_name="n1"))
    cluster = Cluster.of({PODS["web"]: pod, PODS["web.1"]: None})
    holds = {
        text: read_condition(text, cluster.layout).holds(cluster)
        for text in (
            "etcd/pods[web].spec.node_name = n1",
            "etcd/pods[web].spec.node_name != n1",
            "etcd/pods[web].status.phase = Pending and etcd/pods[web.1] = nothing",
            "etcd/pods[web.1].spec.node_name = nothing",
        )
    }
    assert list(holds.values()) == [True, False, True, True]


def test_the_usual_course_is_the_same_a_step_at_a_time() -> None:
    there = Walk(two_phase_commit.model(2), CELLS_ALONE)
    at_once = there.onwards((0,))
    address: tuple[int, ...] = (0,)
    while (further := there.onwards(address, 1)) != address:
        assert there.is_new(further)
        address = further
    assert address == at_once
