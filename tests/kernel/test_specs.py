"""Specs: what they may answer, what they see, and how they are declared."""

from typing import Any

import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import (
    Cell,
    Cells,
    Cluster,
    Hazard,
    Model,
    ModelError,
    Spec,
    SpecKind,
    Step,
    ask,
    failure,
    invariant,
    sometimes,
    step_invariant,
    take,
    transition,
)

A: Cell[int] = Cell("a")
B: Cell[int] = Cell("b")
CLUSTER = Cluster.of({A: 0, B: 0})


@transition(actor="a/{name}")
def move(cluster: Cluster, name: str) -> Cluster | None:
    """A goes up while B is 0."""
    return cluster.set(A, cluster[A] + 1) if cluster[B] == 0 and cluster[A] < 2 else None


MODEL_ACTIONS = (move.bind(name="x"),)


def a_step() -> Step:
    step = take(MODEL_ACTIONS[0], CLUSTER)
    assert step is not None
    return step


@pytest.mark.parametrize(
    ("answer", "why"), [(True, None), (False, "the spec returned False"), ("it rains", "it rains"), ("", "")]
)
def test_anything_but_true_is_a_failure_with_a_reason(answer: bool | str, why: str | None) -> None:
    assert failure(answer) == why

    @invariant
    def says(cluster: Cluster) -> bool | str:
        return answer

    (finding,) = result_of(Model((CLUSTER,), (), (says,))).findings
    assert (finding.verdict is Verdict.VIOLATED) == (why is not None)


@pytest.mark.parametrize("answer", [None, 1, [], CLUSTER])
def test_an_answer_of_another_kind_is_an_error(answer: Any) -> None:
    @invariant
    def says(cluster: Cluster) -> Any:
        return answer

    with pytest.raises(
        ModelError, match=r"spec says returned .*, which is no answer; return True, False or a sentence"
    ):
        ask(says, CLUSTER)


def test_a_spec_that_reads_a_cell_that_is_not_there_is_an_error_that_names_both() -> None:
    @invariant
    def looks(cluster: Cluster) -> bool:
        return cluster[Cell("c")] == 0

    with pytest.raises(ModelError, match="spec looks: there is no cell c in this cluster"):
        ask(looks, CLUSTER)


def test_a_declared_spec_knows_itself() -> None:
    family: Cells[int] = Cells("pods")

    @invariant(needs=family, hazard="it is folklore")
    def no_two(cluster: Cluster) -> bool:
        """No two pods.

        Never.
        """
        return True

    @step_invariant(needs=(family, Cells("nodes")))
    def only_one(step: Step) -> bool:
        return True

    @sometimes(shows=no_two)
    def one(cluster: Cluster) -> bool:
        """One pod."""
        return True

    assert isinstance(no_two, Spec)
    assert (no_two.name, no_two.sentence, no_two.module) == ("no_two", "No two pods.", __name__)
    assert (no_two.kind, no_two.needs, no_two.hazard) == (SpecKind.INVARIANT, (family,), "it is folklore")
    assert (only_one.kind, only_one.needs) == (SpecKind.STEP_INVARIANT, (family, Cells("nodes")))
    assert only_one.sentence == "only one"
    assert (one.kind, one.shows) == (SpecKind.SOMETIMES, no_two)
    assert [spec.of_steps for spec in (no_two, only_one, one)] == [False, True, False]


def test_a_hazard_is_one_only_where_its_cause_may_come() -> None:
    crash, loss = Cell[int]("crash"), Cell[int]("loss")

    @invariant(hazard=(Hazard("What crashed is gone.", (crash,)), Hazard("What was lost is, too.", (loss,))))
    def all_is_there(cluster: Cluster) -> bool:
        return True

    def hazard_in(*cells: Cell[int]) -> str | None:
        applied = all_is_there.within(Cluster.of(dict.fromkeys(cells, 0)).layout)
        assert applied is not None
        return applied.hazard

    assert all_is_there.hazard == "What crashed is gone. What was lost is, too."
    assert hazard_in(A, crash) == "What crashed is gone."
    assert hazard_in(A, loss) == "What was lost is, too."
    assert hazard_in(A) is None


def test_a_spec_of_steps_sees_facts() -> None:
    seen: list[Any] = []

    @step_invariant
    def watches(step: Step) -> bool:
        seen.append((step.action.actor, str(step.action), step.reads, step.writes, step.wrote(Cells("a"))))
        return bool(step.before[A] == 0 and step.after[A] == 1)

    answer, reads = ask(watches, a_step())
    assert answer is True
    assert seen[0] == ("a/x", 'move(name="x")', (B, A), (A,), (A,))
    assert [read.position for read in reads] == [0]  # what is there after the step is known from what was before


def test_a_sometimes_may_be_of_steps() -> None:
    @sometimes
    def goes_to_two(step: Step) -> bool:
        return bool(step.after[A] == 2)

    (finding,) = result_of(Model((CLUSTER,), MODEL_ACTIONS, (goes_to_two,))).findings
    assert finding.verdict is Verdict.HOLDS
    assert finding.trace is not None
    assert finding.trace.path == "0/0/0"


def test_a_step_tells_itself_as_an_event() -> None:
    event = a_step().event
    assert (event.type, event.reason, event.object, event.message) == ("Normal", "Move", "", "A goes up while B is 0.")
