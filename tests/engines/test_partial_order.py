"""Partial-order reduction: fewer states, and all else as in the full search."""

from functools import cache
from pathlib import Path

import attrs
import pytest
from hypothesis import strategies as st

from kmodel.engines.clock import Deadline
from kmodel.engines.exhaustive import Bounds, Checkpoints, result_of
from kmodel.engines.results import Result
from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Model,
    ModelError,
    Rank,
    Step,
    follow,
    invariant,
    step_invariant,
    transition,
)
from kmodel.kubernetes import scenario
from kmodel.project.spec_files import load_specs
from tests.engines import reference
from tests.engines.random_models import models
from tests.shares import long_if_in, on_random
from tests.toys import pods, ranked, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees

REDUCED = Bounds(partial_order=True)
SPECS = Path(__file__).parents[2] / "specs"


def assert_same(full: Result, reduced: Result) -> None:
    """What a reduced exploration of some of the specs must have in common with a full one of all."""
    assert full.finished
    assert reduced.finished
    assert reduced.states <= full.states
    expected = {finding.spec.name: finding.verdict for finding in full.findings}
    assert {finding.spec.name: finding.verdict for finding in reduced.findings}.items() <= expected.items()
    assert {name for name, count in reduced.fired.items() if count} == {
        name for name, count in full.fired.items() if count
    }
    for finding in reduced.findings:
        if finding.trace is not None:
            assert follow(reduced.model, finding.trace.address) == finding.trace


def only(model: Model, name: str | None) -> Model:
    """Return the model with one of its specs, or with none."""
    return attrs.evolve(model, specs=tuple(spec for spec in model.specs if spec.name == name))


def counts(result: Result) -> tuple[int, int]:
    return result.states, result.generated


@on_random(models(), share=15, whole=100)
def test_random_models_keep_their_verdicts_and_actions(model: Model) -> None:
    full = result_of(model)
    assert_same(full, result_of(model, REDUCED))
    if model.specs:
        assert_same(full, result_of(only(model, model.specs[-1].name), REDUCED))


@on_random(models(), share=8, whole=30)
def test_random_models_keep_their_deadlocks(model: Model) -> None:
    @invariant
    def somebody_can_go_on(cluster: Cluster) -> bool:
        return any(action(cluster) is not None for action in model.actions)

    plain = reference.search(attrs.evolve(model, specs=(somebody_can_go_on,)))
    reduced = reference_of_reduced(model)
    assert reduced == (somebody_can_go_on.name in plain.lengths)


def reference_of_reduced(model: Model) -> bool:
    """Tell whether a reduced search ends in a state without steps; no spec asks for it."""
    from kmodel.engines.exhaustive.search import _Search

    search = _Search(only(model, None), REDUCED, Deadline())
    list(search.run())
    space = search.space
    assert space is not None
    rows = [space.row((each, place)) for each, part in enumerate(space.shards) for place in range(part.count)]
    return any(all(space.outcome(action, row) is None for action in range(space.actions)) for row in rows)


@on_random(models(), share=5, whole=15)
def test_two_threads_leave_out_the_same(model: Model) -> None:
    one, two = result_of(model, REDUCED), result_of(model, attrs.evolve(REDUCED, threads=2))
    assert (one.states, one.generated, one.depth, one.fired) == (two.states, two.generated, two.depth, two.fired)
    assert (one.findings, one.partial_order) == (two.findings, two.partial_order)


def test_counts_of_pods_before_and_after() -> None:
    full, reduced = result_of(pods.model(2, 1)), result_of(pods.model(2, 1), REDUCED)
    assert (counts(full), counts(reduced)) == ((3_632, 14_497), (2_714, 8_619))
    assert_same(full, reduced)


def test_two_phase_commit_keeps_its_verdicts() -> None:
    for model in (two_phase_commit.model(4), two_phase_commit_that_disagrees(3)):
        full = result_of(model)
        assert_same(full, result_of(model, REDUCED))
        for spec in model.specs:
            assert_same(full, result_of(only(model, spec.name), REDUCED))


@pytest.mark.long
def test_renumbering_ranks_makes_no_steps_dependent() -> None:
    full = result_of(ranked.model())
    assert_same(full, result_of(ranked.model(), REDUCED))
    for spec in full.model.specs:
        assert_same(full, result_of(only(full.model, spec.name), REDUCED))
    unasked = result_of(only(full.model, None), REDUCED)
    assert_same(full, unasked)
    assert unasked.generated < full.generated


WRITERS = st.sampled_from("abcd")
VERBS = st.sampled_from(["stamp", "copy", "copy", "forget", "forget"])
ACTS = st.fixed_dictionaries(
    {
        "writer": WRITERS,
        "verb": VERBS,
        "reads": WRITERS,
        "later": st.sampled_from("aab"),
        "earlier": st.sampled_from("aac"),
    }
)


@on_random(st.lists(ACTS, min_size=2, max_size=7), st.tuples(WRITERS, WRITERS), share=25, whole=100)
def test_random_writers_of_ranks_keep_their_verdicts(acts: list[dict[str, str]], compared: tuple[str, str]) -> None:
    @invariant
    def the_one_is_not_later_than_the_other(cluster: Cluster) -> bool:
        one, other = (cluster[ranked.STAMP[writer]] for writer in compared)
        return one is None or other is None or not other < one

    @step_invariant
    def nobody_forgets_the_last_stamp(step: Step) -> bool:
        before = [step.before[ranked.STAMP[writer]] for writer in "abcd"]
        return before.count(None) != 3 or any(step.after[ranked.STAMP[writer]] is not None for writer in "abcd")

    stamps = {ranked.STAMP[writer]: Rank("stamps", number) for number, writer in enumerate("abcd", 1)}
    initial = Cluster.of({**stamps, **{ranked.WORK[str(number)]: 0 for number in range(len(acts))}})
    actions = tuple(ranked.act_once.bind(number=str(number), **act) for number, act in enumerate(acts))
    model = Model((initial,), actions, (the_one_is_not_later_than_the_other, nobody_forgets_the_last_stamp))
    full = result_of(model)
    assert_same(full, result_of(model, REDUCED))
    for spec in model.specs:
        assert_same(full, result_of(only(model, spec.name), REDUCED))
    assert_same(full, result_of(only(model, None), REDUCED))


COUNT: Cells[int] = Cells("count")


@transition(actor="{counter}")
def count_up(cluster: Cluster, counter: str) -> Cluster | None:
    """A counter goes on until it is full."""
    return cluster.set(COUNT[counter], cluster[COUNT[counter]] + 1) if cluster[COUNT[counter]] < 5 else None


@transition(actor="{counter}")
def count_in_circles(cluster: Cluster, counter: str) -> Cluster:
    """A counter goes round and round."""
    return cluster.set(COUNT[counter], (cluster[COUNT[counter]] + 1) % 6)


@invariant
def the_last_is_not_full(cluster: Cluster) -> bool:
    """The counter z is not full."""
    return cluster[COUNT["z"]] < 5


def counters(names: str) -> Model:
    initial = Cluster.of({COUNT[name]: 0 for name in names})
    return Model((initial,), tuple(count_up.bind(counter=name) for name in names), (the_last_is_not_full,))


def test_independent_counters_take_one_order_of_their_steps() -> None:
    model = only(counters("xyz"), None)
    full, reduced = result_of(model), result_of(model, REDUCED)
    assert (full.states, reduced.states) == (6**3, 3 * 5 + 1)
    assert reduced.partial_order is not None
    assert (reduced.partial_order.in_part, reduced.partial_order.in_full) == (2 * 5, 5 + 1)


def test_steps_that_others_could_put_off_for_ever_are_taken() -> None:
    model = counters("z")
    both = Cluster.of({COUNT["a"]: 0, COUNT["z"]: 0})
    model = attrs.evolve(model, initial=(both,), actions=(count_in_circles.bind(counter="a"), *model.actions))
    full, reduced = result_of(model), result_of(model, REDUCED)
    assert_same(full, reduced)
    assert reduced.failures
    assert reduced.generated < full.generated


def test_what_all_steps_depend_on_is_expanded_in_full() -> None:
    full, reduced = result_of(two_phase_commit.model(3)), result_of(two_phase_commit.model(3), REDUCED)
    assert counts(full) == counts(reduced)
    assert reduced.partial_order is not None
    assert reduced.partial_order.in_part == 0


def test_symmetry_and_checkpoints_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be combined with symmetry"):
        Bounds(symmetry=True, partial_order=True)
    with pytest.raises(ModelError, match="cannot be combined with checkpoints"):
        Bounds(checkpoints=Checkpoints(tmp_path), partial_order=True)


# States and steps, in full and reduced with all specs, of the scenarios that can be seen whole.
SCENARIOS = {
    "controller-restart": ((594, 1_560), (282, 604)),
    "kubelet-restart": ((106_902, 478_507), (42_993, 163_020)),
    "lost-answer": ((46, 62), (46, 62)),
    "node-cut-off": ((25_485, 104_955), (24_923, 95_782)),
    "node-deleted": ((49_356, 219_656), (9_632, 24_105)),
    "node-lost": ((8_838, 30_849), (8_766, 27_421)),
    "pod-creation": ((36_990, 181_801), (2_060, 4_180)),
    "pod-creation-poll": ((597, 1_777), (155, 285)),
    "pod-deletion": ((5_982, 21_822), (2_667, 8_131)),
    "pod-recreated": ((47_500, 192_075), (31_295, 87_682)),
    "rejected-template": ((165, 352), (165, 352)),
    "replicaset-loses-a-pod": ((11_648, 37_351), (11_648, 37_351)),
    "scheduler-restart": ((378_234, 1_891_639), (29_706, 90_210)),
    "service": ((27_376, 125_544), (9_837, 26_563)),
    "two-pods-one-node": ((5_902, 15_953), (5_902, 15_953)),
    "unauthorized-user": ((6_336, 28_913), (84, 149)),
}
SMALL = ("controller-restart", "lost-answer", "pod-creation-poll", "rejected-template", "unauthorized-user")
ONE_BY_ONE = ("controller-restart", "lost-answer")


@cache
def explored(name: str) -> Result:
    loaded = scenario.load([SPECS / "scenarios" / f"{name}.yaml"])
    safety = tuple(spec for spec in load_specs(SPECS) if not spec.is_temporal)
    return result_of(scenario.model(loaded, safety))


@pytest.mark.parametrize("name", long_if_in(SCENARIOS.keys() - SMALL, SCENARIOS))
def test_scenarios_keep_their_verdicts(name: str) -> None:
    full = explored(name)
    reduced = result_of(full.model, REDUCED)
    assert_same(full, reduced)
    assert (counts(full), counts(reduced)) == SCENARIOS[name]


@pytest.mark.parametrize("name", long_if_in(["controller-restart"], ONE_BY_ONE))
def test_scenarios_keep_the_verdict_on_each_spec_alone(name: str) -> None:
    full = explored(name)
    for spec in full.model.specs:
        assert_same(full, result_of(only(full.model, spec.name), REDUCED))


@pytest.mark.long
def test_fewer_specs_leave_out_more() -> None:
    full = explored("pod-creation")
    few = result_of(only(full.model, "no_update_is_lost"), REDUCED)
    assert_same(full, few)
    assert few.states < SCENARIOS["pod-creation"][1][0]


@pytest.mark.parametrize("names", ["abc", "bca", "cab"])
def test_what_a_step_invariant_looks_at_counts_as_read_by_the_action(names: str) -> None:
    @step_invariant
    def b_does_not_go_on_when_all_are_two(step: Step) -> bool:
        return step.action.actor != "b" or any(step.before[COUNT[name]] != 2 for name in "bac")

    model = attrs.evolve(counters(names), specs=(b_does_not_go_on_when_all_are_two,))
    assert_same(result_of(model), result_of(model, REDUCED))
    assert result_of(model, REDUCED).failures


LAST: Cell[str] = Cell("last")
WINNER: Cell[str] = Cell("winner")


@transition(actor="{counter}")
def count_and_sign(cluster: Cluster, counter: str) -> Cluster | None:
    """A counter goes on and signs, whoever signed before."""
    after = count_up(cluster, counter=counter)
    return None if after is None else after.set(LAST, counter)


@transition(actor="judge")
def judge(cluster: Cluster) -> Cluster | None:
    """When all counters are full, the one that signed last has won."""
    if any(cluster[COUNT[name]] < 5 for name in cluster.names(COUNT)):
        return None
    return cluster.set(WINNER, cluster[LAST])


@pytest.mark.parametrize("winner", "xyz")
def test_two_writes_to_a_cell_that_nobody_reads_yet_are_dependent(winner: str) -> None:
    @invariant
    def another_wins(cluster: Cluster) -> bool:
        return cluster[WINNER] != winner

    initial = Cluster.of({**{COUNT[name]: 0 for name in "xyz"}, LAST: "", WINNER: ""})
    model = Model((initial,), (*(count_and_sign.bind(counter=name) for name in "xyz"), judge.bind()), (another_wins,))
    assert_same(result_of(model), result_of(model, REDUCED))
    assert result_of(model, REDUCED).failures
