"""The ways of exploring a model, each with what it promises; its check yields in what a model breaks the promise."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from kmodel.engines import exhaustive, graph
from kmodel.engines.events import Finished, Progress
from kmodel.engines.exhaustive import Bounds, Checkpoints
from kmodel.engines.replay import Choice, follow_actions, follow_path
from kmodel.engines.results import Result, Verdict
from kmodel.engines.runs import simulation
from kmodel.engines.runs.simulation import Walks
from kmodel.kernel import Kind, Model, Trace
from tests.fuzz.reference import MOST_STATES, Truth, key

Differences = Iterator[str]


@attrs.frozen
class Way:
    name: str
    promise: str
    check: Callable[[Model, Truth], Differences]


def _counts(result: Result, truth: Truth) -> Differences:
    got = result.states, result.generated, result.depth, dict(result.fired)
    meant = len(truth.states), truth.generated, truth.depth, truth.fired
    if got != meant:
        yield f"states, generated, depth, fired are {got}, not {meant}"


def _verdicts(result: Result, truth: Truth, shortest: bool) -> Differences:
    for finding in result.findings:
        spec, told = finding.spec, finding.trace is not None
        if told is not (spec.name in truth.told):
            yield f"{spec.name} is said to be {finding.verdict.value}"
        elif finding.trace is not None and shortest and len(finding.trace.steps) != truth.told[spec.name]:
            yield f"{spec.name} is told after {len(finding.trace.steps)} steps, not {truth.told[spec.name]}"


def _traces(model: Model, result: Result, truth: Truth) -> Differences:
    edges = set(truth.edges)
    for finding in result.findings:
        trace = finding.trace
        if trace is None:
            continue
        name, happens = finding.spec.name, finding.spec.kind is Kind.SOMETIMES
        if any((key(step.before), str(step.action), key(step.next)) not in edges for step in trace.steps):
            yield f"the trace of {name} is no run"
        subject = trace.steps[-1] if finding.spec.of_steps else trace.last
        if (finding.spec(subject) is True) is not happens:
            yield f"the trace of {name} does not show it"
        yield from _replayed(model, name, trace)


def _replayed(model: Model, name: str, trace: Trace) -> Differences:
    choices = [Choice(step.action.transition.name, step.action.binding) for step in trace.steps]
    if not follow_path(model, trace.path) == follow_actions(model, trace.address[0], choices) == trace:
        yield f"the trace of {name} is another when replayed"


def _exactly(bounds: Bounds) -> Callable[[Model, Truth], Differences]:
    def check(model: Model, truth: Truth) -> Differences:
        result = exhaustive.result_of(model, attrs.evolve(bounds, max_states=2 * MOST_STATES))
        yield from _counts(result, truth)
        yield from _verdicts(result, truth, shortest=True)
        yield from _traces(model, result, truth)

    return check


def _partial_order(model: Model, truth: Truth) -> Differences:
    result = exhaustive.result_of(model, Bounds(partial_order=True, max_states=2 * MOST_STATES))
    if {name for name, count in result.fired.items() if count} != {
        name for name, count in truth.fired.items() if count
    }:
        yield "other actions fired"
    yield from _verdicts(result, truth, shortest=False)
    yield from _traces(model, result, truth)


def _in_pieces(model: Model, truth: Truth) -> Differences:
    with tempfile.TemporaryDirectory() as folder:
        bounds = Bounds(max_states=2 * MOST_STATES, checkpoints=Checkpoints(Path(folder) / "kept", resume=True))
        for _ in range(truth.depth + 2):
            events, seen = exhaustive.explore(model, bounds), 0
            for event in events:
                if isinstance(event, Finished):
                    yield from _counts(event.result, truth)
                    yield from _verdicts(event.result, truth, shortest=True)
                    return
                seen += isinstance(event, Progress)
                if seen == 3:
                    events.close()  # type: ignore[attr-defined]
                    break
        yield "it does not end"


def _simulated(model: Model, truth: Truth) -> Differences:
    result = simulation.result_of(model, Walks(3, 12))
    for finding in result.findings:
        if finding.trace is not None and finding.spec.name not in truth.told:
            yield f"{finding.spec.name} is said to be {finding.verdict.value}"
        if finding.trace is None and finding.verdict is not Verdict.NO_VIOLATION_FOUND:
            yield f"{finding.spec.name} is said to be {finding.verdict.value}, which walks cannot know"
    if result.states > len(truth.states):
        yield "it saw states that cannot be reached"
    yield from _traces(model, result, truth)


def _drawn(model: Model, truth: Truth) -> Differences:
    found = graph.extract(model, 2 * len(truth.states))
    edges = [(key(found.states[each.source]), str(each.action), key(found.states[each.target])) for each in found.edges]
    if {key(state) for state in found.states} != truth.states.keys() or len(found.states) != len(truth.states):
        yield "its states are others"
    if set(edges) != set(truth.edges) or len(edges) != len(truth.edges):
        yield "its edges are others"


EXACT = "counts, what fired, verdicts, lengths of traces; each trace is a run that shows it and replays"
WAYS = (
    Way("one thread", EXACT, _exactly(Bounds())),
    Way("two threads", EXACT, _exactly(Bounds(threads=2))),
    Way("fingerprints", EXACT, _exactly(Bounds(fingerprints=True))),
    Way("spilling", EXACT, _exactly(Bounds(max_memory_bytes=1))),
    Way("partial order", "verdicts and which actions fire; each trace is a run that shows it", _partial_order),
    Way("in pieces", "counts, verdicts and lengths of traces", _in_pieces),
    Way("simulation", "what it tells is true, it never says holds, and each trace shows it", _simulated),
    Way("state graph", "the states and the edges", _drawn),
)
