import pytest

from kmodel.engines.events import Finished, Progress
from kmodel.engines.exhaustive import Bounds, explore, result_of, rounds
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import BoundReached, Cell, Cluster, Model, SpecKind, Transition, follow, invariant
from tests.engines import reference
from tests.engines.hash_seeds import printed
from tests.engines.random_models import models
from tests.shares import on_random
from tests.toys import pods, two_phase_commit

TICKS: Cell[int] = Cell("ticks")
TWO_PHASE_COMMIT = {2: (56, 154, 8), 3: (288, 1_146, 11), 4: (1_568, 8_258, 14), 5: (8_832, 58_146, 17)}
TWO_PHASE_COMMIT |= {6: (50_816, 402_306, 20), 7: (296_448, 2_744_706, 23)}
PODS = {(2, 1): (3_632, 14_497), (2, 2): (109_391, 641_855)}


@pytest.mark.parametrize("managers", TWO_PHASE_COMMIT)
def test_counts_of_two_phase_commit(managers: int) -> None:
    result = result_of(two_phase_commit.model(managers))
    assert (result.states, result.generated, result.depth) == TWO_PHASE_COMMIT[managers]
    assert [finding.verdict for finding in result.findings] == [Verdict.HOLDS, Verdict.HOLDS]


@pytest.mark.parametrize("size", PODS)
def test_counts_of_pods(size: tuple[int, int]) -> None:
    result = result_of(pods.model(*size))
    assert (result.states, result.generated) == PODS[size]


def assert_equal_to_reference(model: Model, result: Result) -> None:
    plain = reference.search(model)
    assert result.finished
    assert (result.states, result.generated, result.depth) == (plain.states, plain.generated, plain.depth)
    assert dict(result.fired) == plain.fired
    for finding in result.findings:
        name = finding.spec.name
        expected = name in plain.lengths
        happened = finding.verdict is (Verdict.HOLDS if finding.spec.kind is SpecKind.SOMETIMES else Verdict.VIOLATED)
        assert (finding.trace is not None) == expected
        if finding.trace is not None:
            assert happened
            assert len(finding.trace.steps) == plain.lengths[name]
            assert follow(model, finding.trace.address) == finding.trace
            subject = finding.trace.steps[-1] if finding.spec.of_steps else finding.trace.last
            assert (finding.spec(subject) is True) == (finding.spec.kind is SpecKind.SOMETIMES)


@on_random(models(), share=25, whole=200)
def test_random_models_equal_the_reference(model: Model) -> None:
    assert_equal_to_reference(model, result_of(model))


@on_random(models(), share=15, whole=60)
def test_random_models_equal_the_reference_whenever_cells_are_regrouped(model: Model) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "REGROUP_AT_STATES", tuple(range(2, 200, 7)))
        patch.setattr("kmodel.engines.exhaustive.blocks.MAX_UNSEEN", 1.0)
        assert_equal_to_reference(model, result_of(model))


@on_random(models(), share=15, whole=40)
def test_two_threads_give_the_same_result(model: Model) -> None:
    one, two = result_of(model), result_of(model, Bounds(threads=2))
    assert (one.states, one.generated, one.depth, one.fired) == (two.states, two.generated, two.depth, two.fired)
    assert one.findings == two.findings


def test_a_bound_on_states_is_kept_exactly_and_said() -> None:
    for threads in (1, 2):
        result = result_of(pods.model(2, 2), Bounds(max_states=5_000, threads=threads))
        assert (result.states, result.stopped) == (5_000, "stopped after 5,000 states")


def test_a_bound_on_depth_is_said_and_the_last_level_is_checked() -> None:
    model = two_phase_commit.model(3)
    result = result_of(model, Bounds(max_depth=10))
    assert result.stopped is not None
    assert result.stopped.startswith("stopped at depth 10, with ")
    agree, commit = result.findings
    assert agree.verdict is Verdict.NO_VIOLATION_FOUND
    assert commit.verdict is Verdict.HOLDS  # reached by ten steps: in a state that is not expanded


def test_a_bound_of_the_model_is_the_reason_to_stop() -> None:
    def run_out(cluster: Cluster) -> Cluster | None:
        if cluster[TICKS] == 3:
            raise BoundReached("all ticks are used up")
        return cluster.set(TICKS, cluster[TICKS] + 1)

    action = Transition(run_out, "clock", "", False, None).bind()
    result = result_of(Model((Cluster.of({TICKS: 0}),), (action,)))
    assert (result.states, result.stopped) == (4, "all ticks are used up")


def test_the_first_violation_is_enough_if_asked() -> None:
    @invariant
    def never_two(cluster: Cluster) -> bool:
        return cluster[TICKS] != 2

    def tick(cluster: Cluster) -> Cluster:
        return cluster.set(TICKS, (cluster[TICKS] + 1) % 9)

    model = Model((Cluster.of({TICKS: 0}),), (Transition(tick, "clock", "", False, None).bind(),), (never_two,))
    result = result_of(model, Bounds(stop_at_first_violation=True))
    assert result.stopped is not None
    assert result.findings[0].trace is not None
    assert len(result.findings[0].trace.steps) == 2
    assert result_of(model).states == 9


@pytest.mark.parametrize("symmetry", [False, True])
def test_an_interruption_gives_the_verdict_so_far(symmetry: bool) -> None:
    events = explore(pods.model(2, 2), Bounds(symmetry=symmetry))
    for event in events:
        if isinstance(event, Progress) and event.depth == 5:
            break
    last = events.throw(KeyboardInterrupt())  # type: ignore[attr-defined]
    assert isinstance(last, Finished)
    assert last.result.stopped is not None
    assert last.result.stopped.startswith("interrupted after ")


@pytest.mark.long
def test_traces_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from kmodel.engines.exhaustive import result_of; from tests.toys import two_phase_commit as toy; "
        "print([finding.trace.path for finding in result_of(toy.model(6)).findings if finding.trace])"
    )
    shown = set(printed(code, ("1", "2")))
    assert len(shown) == 1


def test_two_threads_find_the_same_trace_in_a_larger_model() -> None:
    one, two = (result_of(two_phase_commit.model(6), Bounds(threads=threads)) for threads in (1, 2))
    assert one.findings == two.findings
    assert one.fired == two.fired
