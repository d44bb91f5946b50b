"""The ways of exploring a model, each with what it promises; its check yields in what a model breaks the promise."""

import tempfile
from collections.abc import Callable, Iterator
from itertools import chain, permutations, product
from math import factorial, prod
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import attrs

from kmodel.engines import exhaustive, small_graph
from kmodel.engines.events import Finished, Progress
from kmodel.engines.exhaustive import Bounds, Checkpoints
from kmodel.engines.exhaustive import rounds as frontier_rounds
from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.engines.retracing import NamedAction, follow_actions, follow_path
from kmodel.engines.runs import delays, hypothesis, simulation
from kmodel.engines.runs.amounts import DelayBound
from kmodel.engines.runs.simulation import Walks
from kmodel.engines.tables import interning
from kmodel.engines.tables.spelling import fingerprints
from kmodel.engines.tables.tries import Tables
from kmodel.kernel import Action, Cell, Fairness, Model, SpecKind, Trace
from kmodel.kernel.renaming import Renaming
from kmodel.reporting import trace_file
from kmodel.reporting.source import Source
from tests.engines.liveness import lassos
from tests.fuzz.reference import MOST_STATES, Key, Truth, key

Differences = Iterator[str]


@attrs.frozen
class Way:
    name: str
    promise: str
    check: Callable[[Model, Truth], Differences]
    one_in: int = 1  # models that it is taken on; some ways take longer


def _counts(result: Result, truth: Truth) -> Differences:
    got = result.states, result.generated, result.depth, dict(result.fired)
    meant = len(truth.states), truth.generated, truth.depth, truth.fired
    if got != meant:
        yield f"states, generated, depth, fired are {got}, not {meant}"


def _verdicts(result: Result, truth: Truth, shortest: bool) -> Differences:
    for finding in result.findings:
        spec, told = finding.spec, finding.trace is not None
        if spec.is_temporal:
            continue
        if told is not (spec.name in truth.told):
            yield f"{spec.name} is said to be {finding.verdict.value}"
        elif finding.trace is not None and shortest and len(finding.trace.steps) != truth.told[spec.name]:
            yield f"{spec.name} is told after {len(finding.trace.steps)} steps, not {truth.told[spec.name]}"


def _traces(model: Model, result: Result, truth: Truth) -> Differences:
    edges = set(truth.edges)
    for finding in result.findings:
        trace = finding.trace
        if trace is None or finding.spec.is_temporal:
            continue
        name, happens = finding.spec.name, finding.spec.kind is SpecKind.SOMETIMES
        if any((key(step.before), str(step.action), key(step.next)) not in edges for step in trace.steps):
            yield f"the trace of {name} is no run"
        subject = trace.steps[-1] if finding.spec.of_steps else trace.last
        if (finding.spec(subject) is True) is not happens:
            yield f"the trace of {name} does not show it"
        yield from _replayed(model, name, trace)


def _replayed(model: Model, name: str, trace: Trace) -> Differences:
    choices = [NamedAction(step.action.transition.name, step.action.binding) for step in trace.steps]
    if not follow_path(model, trace.path) == follow_actions(model, trace.address[0], choices) == trace:
        yield f"the trace of {name} is another when replayed"


def _safe(model: Model) -> Model:
    """Return the model without the specs of whole runs, which have a way of their own."""
    return attrs.evolve(model, specs=tuple(spec for spec in model.specs if not spec.is_temporal))


def _exactly(bounds: Bounds) -> Callable[[Model, Truth], Differences]:
    def check(model: Model, truth: Truth) -> Differences:
        model = _safe(model)
        result = exhaustive.result_of(model, attrs.evolve(bounds, max_states=2 * MOST_STATES))
        yield from _counts(result, truth)
        yield from _verdicts(result, truth, shortest=True)
        yield from _traces(model, result, truth)

    return check


def _alike_fingerprints(model: Model, truth: Truth) -> Differences:
    """All states are in one shard, in a few slots of its hash table, and mostly have other parents than the first."""

    def two_bits(cell: Cell[Any], value: Any) -> tuple[int, int]:
        first, second = fingerprints(cell, value)
        return first & 3, second

    with patch.object(interning, "fingerprints", two_bits):
        yield from _exactly(Bounds())(model, truth)


def _partial_order(model: Model, truth: Truth) -> Differences:
    visited = set[Key]()

    def note(space: Frontier) -> None:
        rows = (space.row(space.place(state)) for state in range(space.states))
        visited.update(key(space.tables.cluster(row)) for row in rows)

    with patch.object(Frontier, "conclude", note):
        result = exhaustive.result_of(model, Bounds(partial_order=True, max_states=2 * MOST_STATES))
    if not visited <= truth.states.keys():
        yield "it visits states that cannot be reached"
    if not truth.states.keys() - {source for source, _, _ in truth.edges} <= visited:
        yield "it does not visit all deadlocks"
    if {name for name, count in result.fired.items() if count} != {
        name for name, count in truth.fired.items() if count
    }:
        yield "other actions fired"
    yield from _verdicts(result, truth, shortest=False)
    yield from _traces(model, result, truth)


def _in_pieces(model: Model, truth: Truth) -> Differences:
    with tempfile.TemporaryDirectory() as folder:
        bounds = Bounds(max_states=2 * MOST_STATES, checkpoints=Checkpoints(Path(folder) / "kept", resume=True))
        for piece in range(truth.depth + 2):
            events, seen = exhaustive.explore(model, bounds), 0
            for event in events:
                if isinstance(event, Finished):
                    yield from _counts(event.result, truth)
                    yield from _verdicts(event.result, truth, shortest=True)
                    yield from _traces(model, event.result, truth)
                    return
                seen += isinstance(event, Progress)
                if seen == 3 << piece:
                    events.close()  # type: ignore[attr-defined]
                    break
        yield "it does not end"


def _regrouped(model: Model, truth: Truth) -> Differences:
    chance = Random(len(truth.states))

    def any_partition(tables: Tables, *_: object) -> list[tuple[int, ...]]:
        cells = list(range(tables.cells))
        chance.shuffle(cells)
        cuts = sorted(chance.sample(range(1, tables.cells), chance.randrange(tables.cells)))
        return [tuple(cells[start:end]) for start, end in zip([0, *cuts], [*cuts, tables.cells], strict=True)]

    with (
        patch.object(frontier_rounds, "REGROUP_AT_STATES", tuple(range(1, 2 * MOST_STATES, 5))),
        patch.object(frontier_rounds, "choose_partition", any_partition),
        patch.object(frontier_rounds, "most_values", lambda states: 0),
    ):
        yield from _exactly(Bounds())(model, truth)


def _up_to_renaming(model: Model, truth: Truth) -> Differences:
    if not model.symmetry:
        return
    result = exhaustive.result_of(model, Bounds(symmetry=True, max_states=2 * MOST_STATES))
    symmetry = result.symmetry
    if symmetry is None or symmetry.note is not None or not result.finished:
        yield f"it is not explored up to renaming: {symmetry and symmetry.note}, {result.stopped}"
        return
    got, meant = (
        (result.represented, result.states, result.depth),
        (len(truth.states), _orbits(model, truth), truth.depth),
    )
    if got != meant:
        yield f"states represented, orbits, depth are {got}, not {meant}"
    yield from _verdicts(result, truth, shortest=True)
    yield from _traces(model, result, truth)


def _orbits(model: Model, truth: Truth) -> int:
    names = tuple(chain.from_iterable(model.symmetry))
    arrangements = product(*map(permutations, model.symmetry))
    renamings = [Renaming(tuple(zip(names, chain.from_iterable(each), strict=True))) for each in arrangements]
    assert len(renamings) == prod(factorial(len(group)) for group in model.symmetry)
    orbits, seen = 0, set[Key]()
    for state, cluster in truth.clusters.items():
        if state not in seen:
            orbits += 1
            seen.update(key(renaming.cluster(cluster)) for renaming in renamings)
    return orbits


def _sampled(model: Model, truth: Truth, result: Result) -> Differences:
    for finding in result.findings:
        if finding.trace is not None and not finding.spec.is_temporal and finding.spec.name not in truth.told:
            yield f"{finding.spec.name} is said to be {finding.verdict.value}"
        if finding.trace is None and finding.verdict is not Verdict.NO_VIOLATION_FOUND:
            yield f"{finding.spec.name} is said to be {finding.verdict.value}, which runs cannot know"
    if result.states > len(truth.states):
        yield "it saw states that cannot be reached"
    if any(result.fired[name] and not truth.fired[name] for name in result.fired):
        yield "it took actions that are never enabled"
    yield from _traces(model, result, truth)


def _simulated(model: Model, truth: Truth) -> Differences:
    yield from _sampled(model, truth, simulation.result_of(model, Walks(3, 12)))


def _few_delays(model: Model, truth: Truth) -> Differences:
    """Runs with few delays are some of all runs, each bound allows what smaller ones do, and one allows all."""
    steps: dict[str, tuple[int, int]] = {}  # per spec that is told: with how many delays, after how many steps
    states = 0
    for most in range(4):
        result = delays.result_of(_safe(model), DelayBound(most))
        if result.states < states:
            yield f"with {most} delays there are {result.states} states, with one less {states}"
        states = result.states
        if not result.finished:
            yield from _sampled(model, truth, result)
        for finding in result.findings:
            if finding.trace is None:
                continue
            fewest, length = steps.setdefault(finding.spec.name, (most, len(finding.trace.steps)))
            if len(finding.trace.steps) != length:
                yield f"{finding.spec.name} is told after {length} steps with {fewest} delays, with {most} after others"
        if steps.keys() - {finding.spec.name for finding in result.findings if finding.trace is not None}:
            yield f"with {most} delays less is told than with fewer"
    result = delays.result_of(_safe(model), DelayBound(None))
    if not result.finished or result.states != len(truth.states):
        yield f"with any number of delays there are {result.states} states, not {len(truth.states)}"
    if {name for name, times in result.fired.items() if times} != {name for name, n in truth.fired.items() if n}:
        yield "with any number of delays other actions fired"
    yield from _verdicts(result, truth, shortest=False)
    yield from _traces(model, result, truth)


def _by_hypothesis(model: Model, truth: Truth) -> Differences:
    *_, last = hypothesis.explore(model, hypothesis.Samples(seed=len(truth.edges), max_examples=4, steps=8))
    assert isinstance(last, Finished)
    yield from _sampled(model, truth, last.result)


def _written(model: Model, truth: Truth) -> Differences:
    """Traces that are written to a file and read again are the same."""
    with tempfile.TemporaryDirectory() as folder:
        for finding in simulation.result_of(model, Walks(1, 8)).findings[:2]:
            trace, path = finding.trace, Path(folder) / "trace.json"
            if trace is None:
                continue
            trace_file.save(path, trace, Source("drawn"), finding.spec, finding.reason)
            saved = trace_file.load(path)
            if follow_actions(model, saved.initial, saved.choices, saved.cycle) != trace:
                yield f"the trace of {finding.spec.name} is another when read from its file"


def _for_ever(model: Model, truth: Truth) -> Differences:
    temporal = tuple(spec for spec in model.specs if spec.is_temporal)
    if not temporal:
        return
    model = attrs.evolve(model, specs=temporal)
    violated = set[str]()
    for finding in exhaustive.result_of(model, Bounds(max_states=2 * MOST_STATES)).findings:
        if finding.verdict is Verdict.VIOLATED:
            violated.add(finding.spec.name)
            yield from _lasso(model, finding)
        if len(truth.states) <= lassos.MOST_STATES:
            yield from _brute_force(model, finding)
    for finding in simulation.result_of(model, Walks(2, 6)).findings:
        if finding.verdict is Verdict.VIOLATED:
            if finding.spec.name not in violated:
                yield f"{finding.spec.name} is violated by a walk only"
            yield from _lasso(model, finding)


def _lasso(model: Model, finding: Finding) -> Differences:
    assert finding.trace is not None
    try:
        lassos.check(model, finding)
    except AssertionError as error:
        yield f"the lasso of {finding.spec.name} is none: {error}"
    choices = [NamedAction(step.action.transition.name, step.action.binding) for step in finding.trace.steps]
    if not (
        follow_path(model, finding.trace.path)
        == follow_actions(model, finding.trace.address[0], choices, finding.trace.cycle)
        == finding.trace
    ):
        yield f"the lasso of {finding.spec.name} is another when replayed"


def _brute_force(model: Model, finding: Finding) -> Differences:
    stem = lassos.shortest_stem(lassos.Reachable.of(model), finding.spec)
    if finding.verdict is not (Verdict.HOLDS if stem is None else Verdict.VIOLATED):
        yield f"{finding.spec.name} is said to be {finding.verdict.value}"
    elif finding.trace is not None and finding.trace.cycle != stem:
        yield f"the lasso of {finding.spec.name} begins after {finding.trace.cycle} steps, not {stem}"
    elif stem is None and finding.needs_strong_fairness is not (
        lassos.shortest_stem(lassos.Reachable.of(_weakened(model)), finding.spec) is not None
    ):
        yield f"{finding.spec.name} is said to need strong fairness: {finding.needs_strong_fairness}"


def _weakened(model: Model) -> Model:
    """Return the model in which strong fairness is weak."""

    def weak(action: Action) -> Action:
        if action.transition.fairness is not Fairness.STRONG:
            return action
        return attrs.evolve(action, transition=attrs.evolve(action.transition, fairness=Fairness.WEAK))

    return attrs.evolve(model, actions=tuple(map(weak, model.actions)))


def _drawn(model: Model, truth: Truth) -> Differences:
    found = small_graph.extract(model, 2 * len(truth.states))
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
    Way("spilling", EXACT, _exactly(Bounds(max_memory_bytes=1)), one_in=2),
    Way("alike fingerprints", EXACT, _alike_fingerprints, one_in=2),
    Way("partial order", "verdicts, what fires, deadlocks; each trace is a run that shows it", _partial_order),
    Way("regrouped", EXACT, _regrouped, one_in=2),
    Way("symmetry", "orbits, states that they represent, depth, verdicts, lengths of traces", _up_to_renaming),
    Way("in pieces", EXACT, _in_pieces, one_in=3),
    Way("simulation", "what it tells is true, it never says holds, and each trace shows it", _simulated),
    Way("delays", "as simulation for few; states, what fires and verdicts for any number", _few_delays, one_in=2),
    Way("Hypothesis", "as simulation", _by_hypothesis, one_in=5),
    Way("trace files", "a trace that is written and read again is the same", _written),
    Way("liveness", "verdicts and stems as by brute force; each lasso is one, fair, and shows it", _for_ever),
    Way("state graph", "the states and the edges", _drawn),
)
