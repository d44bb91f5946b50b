"""Delay-bounded search: all runs that leave the usual order at most so often, the fewest times first.

In a state and a turn one action is next, and costs nothing. To take any other, of the same actor or of another one, or
a fault (whose number the model bounds, and which may be declared to be free), is a *delay*: who was next is held back.
A run is explored with its number of delays; the runs with none come first, then those with one, and so on, as long as
there are others or the bound allows. Bugs of concurrent programs need few delays, and there are far fewer such runs
than states. [Emmi, Qadeer, Rakamaric, "Delay-bounded scheduling", POPL 2011]

An actor whose own steps lead back to where they began would never pass its turn on. Where that is so, its other
actions, and what is next without it, cost nothing either.

What is reached by fewer delays, and then by fewer steps, is explored first; so counterexamples have the fewest delays
there are, and of these the fewest steps. Temporal specs are asked of runs that go on as fair rounds where the usual
order comes to rest.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf

import attrs

from kmodel.engines.clock import Clock, Deadline
from kmodel.engines.events import Event, Finished, Found, Progress
from kmodel.engines.results import Finding, Result, Verdict, when_found
from kmodel.engines.runs import fair_rounds
from kmodel.engines.runs.amounts import DelayBound as DelayBound
from kmodel.engines.runs.driving import driven
from kmodel.engines.runs.run_space import Judgement, RunSpace, State
from kmodel.engines.runs.shrinking import Shrinker
from kmodel.engines.runs.usual_order import UsualOrder
from kmodel.engines.tables.walker import KnownSteps, Row, trace_of
from kmodel.kernel import Model, Spec

ENGINE = "delays"
TWO = DelayBound()
CELLS_TOGETHER = 24  # of a row, that are kept once for all rows that agree on them


def explore(model: Model, bound: DelayBound = TWO, deadline: Deadline | None = None) -> Iterator[Event]:
    """Yield the events of an exploration of the runs with few delays; the last one has the result.

    Only where nothing is left that further delays would lead to does it say of a spec that it holds.
    """
    by = deadline or Deadline()
    yield from driven(model, ENGINE, by, lambda: _Delayed(model, bound, by))


def result_of(model: Model, bound: DelayBound = TWO, deadline: Deadline | None = None) -> Result:
    """Return the result of an exploration of the runs with few delays, without its events."""
    *_, last = explore(model, bound, deadline)
    assert isinstance(last, Finished)
    return last.result


class Rows:
    """Rows by number, exactly and in little memory: parts of rows that are equal are kept once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Row, ...], int] = {}
        self._rows: list[tuple[Row, ...]] = []
        self._parts: dict[Row, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def number(self, row: Row) -> int:
        """Return the number of a row, a new one if it is new."""
        parts = (row[start : start + CELLS_TOGETHER] for start in range(0, len(row), CELLS_TOGETHER))
        kept = tuple(self._parts.setdefault(part, part) for part in parts)
        number = self._numbers.setdefault(kept, len(self._rows))
        if number == len(self._rows):
            self._rows.append(kept)
        return number

    def row(self, number: int) -> Row:
        """Return the row of a number."""
        return tuple(cell for part in self._rows[number] for cell in part)


@attrs.frozen(order=True)
class _Way:
    """A way to a node, a state with whose turn it is: how many steps, and the last of them."""

    steps: int
    order: int
    node: int
    parent: int = -1  # a node; -1: it begins there
    action: int = -1  # by which it came from there; else the index of the initial state


@attrs.frozen
class _Said:
    """What a spec says at the end of a way, and whether with how many delays."""

    delays: int
    way: _Way
    reason: str


class _Delayed:
    stuck = ""

    def __init__(self, model: Model, bound: DelayBound, deadline: Deadline) -> None:
        self.model = model
        self.bound = bound
        self.space = RunSpace(model, deadline)
        self.order = UsualOrder(model)
        self.rows = Rows()
        self.clock = Clock()
        self.cut_short: str | None = None
        self.delays = -1  # of which all runs were seen
        self.depth = self.generated = 0
        self.fired = [0] * len(model.actions)
        self.findings: dict[Spec, Finding] = {}
        faults = (index for index, action in enumerate(model.actions) if action.is_fault)
        self._free = frozenset(faults if bound.free_faults else ())  # actions that are no delay
        self._number = count()
        self._ways: dict[int, _Way] = {}  # the best to each node that was expanded
        self._seen: set[int] = set()  # the states of these
        self._next: dict[int, int] = {}  # the node that is next in the usual order
        self._fresh: list[int] = []  # nodes of which it is not known whether they are on a cycle of these
        self._now: list[_Way] = []  # to nodes with as many delays as those at hand, as a heap
        self._later: dict[int, _Way] = {}  # with one delay more
        self._is_more = False  # whether there is what one delay more than allowed would lead to
        self._told: dict[Spec, _Said] = {}
        self._known = KnownSteps()  # of the traces
        self._ends: dict[int, int] = {}  # where the usual order comes to rest or goes round, with a node of each
        self._shrinker = Shrinker(model, deadline)
        self._fair = fair_rounds.FairRuns(self.space)
        self._judged = 0  # of the ends
        self._judged_delays = -1  # of which all ends are judged

    def events(self) -> Iterator[Event]:
        self.space.deadline.check()
        for index in range(len(self.model.initial)):
            state = self.space.initial(index)
            node = self._node(state, self.order.whose(state.changing, 0))
            self._arrive(_Way(0, next(self._number), node, action=index), state.answers, 0)
        while self.bound.most is None or self.delays < self.bound.most:
            yield from self._with_one_more()
            if not self._is_enough:
                yield from self._judge_runs()
            if self._is_complete:  # what one delay more would show, on steps that lead nowhere new, is known
                yield from self.found_so_far()
            if self._is_complete or self._is_enough:
                return

    def found_so_far(self) -> Iterator[Event]:
        """Yield what was found on runs with more delays than those that were all seen."""
        for delays in sorted({told.delays for told in self._told.values()}):
            yield from self._tell(delays)

    @property
    def _is_complete(self) -> bool:
        """Whether no further delay leads anywhere new."""
        return self.delays >= 0 and not (self._later or self._now or self._is_more or self.space.bound)

    @property
    def _is_enough(self) -> bool:
        return self.bound.stop_at_first_violation and any(each.is_failure for each in self.findings.values())

    def _with_one_more(self) -> Iterator[Event]:
        """Explore the runs with one delay more than so far."""
        delays = self.delays + 1
        self._now, self._later = sorted(way for node, way in self._later.items() if node not in self._ways), {}
        while self._now:
            way = heappop(self._now)
            yield from self._tell(delays, way.steps)
            if self._is_enough:
                return
            if way.node not in self._ways:
                self._ways[way.node] = way
                self._expand(way, delays)
            if self.clock.is_due():
                yield Progress(len(self._seen), self.depth, len(self._now) + len(self._later), self.clock.seconds)
            if not self._now:
                self._break_cycles(delays)
        yield from self._tell(delays)
        self.delays = delays
        self._later = {node: way for node, way in self._later.items() if node not in self._ways}

    def _expand(self, way: _Way, delays: int) -> None:
        """Take the step that is next from a node and, if one delay more is allowed, all others."""
        number, turn = divmod(way.node, self.order.actors)
        state = self.space.at(self.rows.row(number))
        self._seen.add(number)
        self.depth = max(self.depth, way.steps)
        usual = self.order.next(state.changing, turn)
        if usual is None:
            self._ends.setdefault(number, way.node)
        else:
            self._next[way.node] = self._follow(way, state, usual, delays)
            self._fresh.append(way.node)
        others = [index for index in state.enabled if index != usual]
        for index in (each for each in others if each in self._free):
            self._follow(way, state, index, delays)
        costly = [index for index in others if index not in self._free]
        if self.bound.most is not None and delays >= self.bound.most:
            self._is_more |= bool(costly)
            return
        for index in costly:
            self._follow(way, state, index, delays + 1)

    def _break_cycles(self, delays: int) -> None:
        """Let others have their turn where an actor would go round for ever; note where all go round."""
        for cycle in self._cycles():
            turns = {node % self.order.actors for node in cycle}
            self._ends.setdefault(cycle[0] // self.order.actors, cycle[0])
            for node in cycle if len(turns) == 1 else ():
                state = self.space.at(self.rows.row(node // self.order.actors))
                for index in self.order.instead(state.changing, *turns):
                    self._follow(self._ways[node], state, index, delays)

    def _cycles(self) -> Iterator[list[int]]:
        """Yield the cycles of the usual order that nodes are on which were expanded since this was last asked."""
        left, self._fresh = set(self._fresh), []
        while left:
            node, path = left.pop(), dict[int, None]()
            left.add(node)
            while node in left:
                left.remove(node)
                path[node] = None
                node = self._next.get(node, -1)
            if node in path:
                nodes = list(path)
                yield nodes[nodes.index(node) :]

    def _follow(self, way: _Way, state: State, index: int, delays: int) -> int:
        """Take a step from a node; return the node that it leads to."""
        after, answers = self.space.follow(state, index)
        self.fired[index] += 1
        node = self._node(after, self.order.after(index, way.node % self.order.actors, after.changing))
        self._arrive(_Way(way.steps + 1, next(self._number), node, way.node, index), answers, delays)
        return node

    def _node(self, state: State, turn: int) -> int:
        return self.rows.number(state.row) * self.order.actors + turn

    def _arrive(self, way: _Way, answers: tuple[Judgement, ...], delays: int) -> None:
        """Note what is said at the end of a way, and go on from there when it is its turn."""
        for spec, reason in answers:
            known = self._told.get(spec)
            if known is None or (delays, way.steps) < (known.delays, known.way.steps):
                self._told[spec] = _Said(delays, way, reason)
        if way.node in self._ways:
            return
        if delays == self.delays + 1 and self._ways:
            heappush(self._now, way)
        elif way.node not in self._later or way < self._later[way.node]:
            self._later[way.node] = way

    def _tell(self, delays: int, steps: float = inf) -> Iterator[Event]:
        """Turn what is said on the best ways there are, which have so many delays and at most so many steps."""
        for spec, told in self._told.items():
            if spec not in self.findings and told.delays <= delays and told.way.steps <= steps:
                initial, choices = self._path(told.way)
                trace = trace_of(self.model, initial, choices, self._known)
                self.findings[spec] = Finding(spec, when_found(spec), told.reason, trace)
                yield Found(self.findings[spec])

    def _path(self, way: _Way) -> tuple[int, list[int]]:
        """Return the initial state that a way begins in, and its actions."""
        actions = list[int]()
        while way.parent >= 0:
            actions.append(way.action)
            way = self._ways[way.parent]
        return way.action, actions[::-1]

    def _judge_runs(self) -> Iterator[Event]:
        """Judge the fair runs that begin with a way to where the usual order ends."""
        ends = list(self._ends.values())[self._judged :] if self._fair.keys else ()
        for node in ends:
            initial, choices = self._path(self._ways[node])
            states = [self.space.initial(initial)]
            for index in choices:
                states.append(self.space.follow(states[-1], index)[0])
            for run in self._fair.after(states, choices):
                for spec, _ in self._fair.violated(run):
                    if spec not in self.findings:
                        self.findings[spec] = fair_rounds.shrink(self._shrinker, spec, initial, choices, self._fair)
                        yield Found(self.findings[spec])
            self._judged += 1
        self._judged_delays = self.delays

    def result(self) -> Result:
        """Return what is known so far."""
        is_whole = self._is_complete and self.cut_short is None and not self._is_enough
        free = ", faults at any time" if self._free else ""
        within = f"{_at_most(self.delays)}{free}, {self._states}"
        stopped = f"every run {within}" if self.delays >= 0 else f"{self._states}, not even every run without delays"
        if self._is_enough:
            stopped = f"stopped at the first violation; {stopped}"
        if self.cut_short is not None:
            stopped = f"{self.cut_short}; {stopped}"
        if self.space.bound is not None:
            stopped += f"; some runs met a bound: {self.space.bound}"
        return Result(
            self.model,
            ENGINE,
            tuple(
                self.findings.get(spec) or self._open(spec, "" if is_whole else stopped) for spec in self.model.specs
            ),
            states=len(self._seen),
            generated=self.generated,
            depth=self.depth,
            seconds=self.clock.seconds,
            fired={name: self.fired[index] + (index in self.space.idle) for index, name in enumerate(self.space.names)},
            stopped=None if is_whole else stopped,
            saw_the_least=self.delays >= 0,
        )

    @property
    def _states(self) -> str:
        return f"{len(self._seen):,} state{'' if len(self._seen) == 1 else 's'}"

    def _open(self, spec: Spec, stopped: str) -> Finding:
        """Return the finding of a spec of which nothing was found."""
        if spec.form.compares_ends:
            why = "; ".join(filter(None, (fair_rounds.NOT_JUDGED, stopped)))
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, why)
        if spec.is_temporal and self._judged_delays < 0:
            return Finding(spec, Verdict.NOT_JUDGED, stopped or fair_rounds.NOT_JUDGED)
        if spec.is_temporal:
            runs = f"{self._judged:,} run{'' if self._judged == 1 else 's'}"
            why = f"{runs}, one to each end {_at_most(self._judged_delays)}"
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, "; ".join(filter(None, (why, stopped))))
        if stopped:
            return Finding(spec, Verdict.NO_VIOLATION_FOUND, stopped)
        if spec.form.wanted:
            return Finding(spec, Verdict.NEVER_HAPPENS, f"it never happens in all {len(self._seen):,} reachable states")
        return Finding(spec, Verdict.HOLDS, f"in all {len(self._seen):,} reachable states")


def _at_most(delays: int) -> str:
    if not delays:
        return "without delays"
    return f"with at most {delays} delay{'' if delays == 1 else 's'}"
