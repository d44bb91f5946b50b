"""The point of no return of a violation: the last state of its trace from which a fair run still meets the spec.

All is known of a finished search, so this is exact: the good ways to go on for ever are the fair components within what
the spec allows, and a search backwards from them finds each state that has a way there, and the nearest one. Where a
run owes an answer (`leads_to`, `eventually`), a state counts twice: with the debt and without it.
"""

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from kmodel.engines.clock import Clock
from kmodel.engines.liveness.fair_cycles import fair_components
from kmodel.engines.liveness.judging import Liveness
from kmodel.engines.liveness.labels import Mask, true_in, true_of_steps
from kmodel.engines.liveness.one_run import judge_run
from kmodel.engines.liveness.state_graph import StateGraph, search
from kmodel.engines.results import Finding, Turn
from kmodel.engines.tables.jit import Ints
from kmodel.kernel import Predicate, Spec, Trace, keys_of
from kmodel.kernel.forms import Again, Seed

MOST_STATES = 1_000_000  # beyond that it takes too long
SECONDS = 5.0  # after which no other violation is looked at


@attrs.frozen(eq=False)
class _Outlook:
    """States, of a graph, where runs may go, those where one can go on well for ever, and the states of the trace."""

    graph: StateGraph
    within: Mask
    goals: Mask
    along: list[int]


def with_turns(liveness: Liveness, findings: Mapping[int, Finding]) -> dict[int, Finding]:
    """Return the violations with their points of no return, as far as there is time."""
    found, clock = {}, Clock()
    for index, finding in findings.items():
        liveness.space.deadline.check()
        turn = turn_of(liveness, finding) if clock.seconds < SECONDS else None
        if turn is not None:
            found[index] = attrs.evolve(finding, turn=turn)
    return found


def turn_of(liveness: Liveness, finding: Finding) -> Turn | None:
    """Return where a violation could no more be avoided; None if it is not one of a single run.

    And where a step that changes nothing is wrong, since the graph has no such steps.
    """
    trace, spec = finding.trace, finding.spec
    is_idle = trace is not None and any(step.next == step.before for step in trace.steps)
    if trace is None or spec.form.compares_ends or spec.form.wanted or (spec.of_steps and is_idle):
        return None
    keys = keys_of(spec, trace.initial.layout)
    key = next((key for key in keys if judge_run(spec, key, trace) is not None), keys[0]) if spec.is_temporal else ()
    outlook = _outlook(liveness, spec, key, _along(liveness, trace))
    back = _reversed(outlook.graph)
    reached = search(back, outlook.within, np.flatnonzero(outlook.goals & outlook.within))
    over = len(trace.steps) + spec.is_temporal  # from the last step of a trace on, a spec of steps is violated
    saved = [place for place, state in enumerate(outlook.along[:over]) if reached.distance[state] >= 0]
    if not saved:
        return Turn(about=key)
    states, state, taken = liveness.graph.states, outlook.along[saved[-1]], list[tuple[int, int]]()
    while (step := int(reached.via[state])) >= 0:
        taken.append((state % states, int(back.action[step])))
        state = back.source(step)
    rests = bool(liveness.fair.may_end[state % states])
    return Turn(saved[-1], _way(liveness, trace, saved[-1], taken), rests, key)


def _along(liveness: Liveness, trace: Trace) -> list[int]:
    """Return the states of a trace by their numbers."""
    graph, index = liveness.graph, {action: number for number, action in enumerate(liveness.model.actions)}
    state = next(number for number, initial in liveness.initial.items() if initial == trace.address[0])
    along = [state]
    for step in trace.steps:
        if step.next != step.before:
            taken = index[step.action]
            state = next(int(graph.target[each]) for each in graph.steps(state) if graph.action[each] == taken)
        along.append(state)
    return along


def _way(liveness: Liveness, trace: Trace, kept: int, taken: Sequence[tuple[int, int]]) -> Trace:
    """Return the run that takes the first steps of a trace and then others, each with the state that it starts in."""
    index = {action: number for number, action in enumerate(liveness.model.actions)}
    before = _along(liveness, trace)
    steps = [(before[place], index[step.action]) for place, step in enumerate(trace.steps[:kept])]
    return liveness.space.trace(trace.address[0], (liveness.choice(*each) for each in (*steps, *taken)))


def _reversed(graph: StateGraph) -> StateGraph:
    order = np.argsort(graph.target, kind="stable")
    start = np.concatenate(([0], np.cumsum(np.bincount(graph.target, minlength=graph.states))))
    return StateGraph(start, graph.sources()[order], graph.action[order], (), graph.fairness)


def _outlook(liveness: Liveness, spec: Spec, key: tuple[str, ...], along: list[int]) -> _Outlook:
    graph, everywhere = liveness.graph, liveness.everywhere
    predicate, violating = Predicate(spec, spec.judged, key), spec.form.violating
    if spec.of_steps:
        sources = graph.sources()
        bad = ~true_of_steps(liveness.space, predicate, sources, graph.action)
        allowed = _with_sink(graph, bad)
        inside = np.append(everywhere, False)
        goals = fair_components(allowed, inside).anywhere
        if violating is None:
            return _Outlook(allowed, inside, goals, along)
        return _Outlook(graph, everywhere, goals[:-1], along)
    good = true_in(liveness.space, predicate)
    if violating is None:
        return _Outlook(graph, good, fair_components(graph, good).anywhere, along)
    if violating.again is Again.STATES:
        return _Outlook(graph, everywhere, fair_components(graph, good).anywhere, along)
    return _with_debts(liveness, spec, key, good, along)


def _with_sink(graph: StateGraph, bad: Mask) -> StateGraph:
    """Return the graph in which bad steps lead to one more state: what takes them is still enabled where it was."""
    target = np.where(bad, graph.states, graph.target)
    return attrs.evolve(graph, start=np.append(graph.start, graph.start[-1]), target=target)


def _with_debts(liveness: Liveness, spec: Spec, key: tuple[str, ...], paid: Mask, along: list[int]) -> _Outlook:
    """Return the outlook of a run that must come to some states, from a seed on: the second half of the states owes it.

    A run is well that pays again and again, or that owes nothing and comes to no seed any more.
    """
    graph = liveness.graph
    states, owing = graph.states, _owing(liveness, spec, key) & ~paid
    pays = np.zeros(int(liveness.fair.component.max(initial=-1)) + 2, np.bool_)  # the last: of states in no component
    pays[liveness.fair.component[paid]] = True
    pays[-1] = False
    always = pays[liveness.fair.component] | (liveness.fair.may_end & paid)
    never_again = fair_components(graph, ~owing).anywhere
    debt: list[Ints] = [states * owing[graph.target], states * ~paid[graph.target]]
    doubled = StateGraph(
        np.concatenate((graph.start, graph.start[1:].astype(np.int64) + graph.target.size)),
        np.concatenate([graph.target.astype(np.int64) + each for each in debt]),
        np.concatenate((graph.action, graph.action)),
        (),
        graph.fairness,
    )
    seed = spec.form.violating.seed if spec.form.violating is not None else Seed.ANYWHERE
    owes = bool(owing[along[0]]) if seed is not Seed.START else not paid[along[0]]
    placed = [along[0] + states * owes]
    for state in along[1:]:
        owes = bool(owing[state] or (owes and not paid[state]))
        placed.append(state + states * owes)
    return _Outlook(doubled, np.ones(2 * states, np.bool_), np.concatenate((always | never_again, always)), placed)


def _owing(liveness: Liveness, spec: Spec, key: tuple[str, ...]) -> Mask:
    """Return the states that a debt begins in; that of a whole run begins where the run does, and is no state's."""
    assert spec.form.violating is not None, "it speaks of runs"
    if spec.form.violating.seed is Seed.START:
        return np.zeros_like(liveness.everywhere)
    return liveness.seeds(spec, key)
