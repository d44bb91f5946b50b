"""Where one is in a model, and where one can go: states by their addresses, found as they are asked for."""

import random
from collections.abc import Iterator, Sequence

import attrs

from kmodel.engines.tables.walker import Taken, walker_of
from kmodel.explorer.condition import ConditionError, is_condition, read_condition
from kmodel.explorer.nearest import Aim, aim_of, nearest
from kmodel.kernel import Action, BoundReached, Cluster, Model, Spec, Step, Trace, ask, take
from kmodel.kernel.footprint import record
from kmodel.kernel.values import WHOLE
from kmodel.reporting.answer import Subject
from kmodel.reporting.value_text import brief

MOST_STEPS = 500  # that are taken at a time
ROOM = 80  # letters of what an action saw
MOST_KEPT = 5000  # addresses, with their traces

Address = tuple[int, ...]


class NowhereError(Exception):
    """An address leads nowhere: one line that says where, and why."""


@attrs.frozen
class Ahead:
    """A step that can be taken: its address, what it would change, and whether that is anything."""

    address: Address
    step: Step

    @property
    def is_idle(self) -> bool:
        """Whether it changes nothing."""
        return self.step.next == self.step.before


@attrs.frozen
class Disabled:
    """An action that cannot be taken: the cell that it looked at last, and what it saw there."""

    action: Action
    cell: str
    saw: str


@attrs.frozen
class Live:
    """What a state, or the step to it, shows of the specs: what is wrong, by spec; what happens; how many hold."""

    wrong: tuple[tuple[Spec, str], ...]
    happens: tuple[Spec, ...]
    holds: int
    of_runs: int  # specs that no single state shows anything of


@attrs.define(eq=False)
class Walk:
    """A model, and the traces to the addresses that somebody was at."""

    model: Model
    subject: Subject
    _traces: dict[Address, Trace] = attrs.field(init=False, factory=dict)

    def trace(self, address: Address) -> Trace:
        """Return the trace to an address; NowhereError if there is none."""
        found = self._traces.pop(address, None) or self._follow(address)
        while len(self._traces) >= MOST_KEPT:
            del self._traces[next(iter(self._traces))]
        self._traces[address] = found
        return found

    def _follow(self, address: Address) -> Trace:
        if not address or not 0 <= address[0] < len(self.model.initial):
            raise NowhereError(f"an address begins with an initial state, 0 to {len(self.model.initial) - 1}")
        known = next(size for size in range(len(address), 0, -1) if address[:size] in self._traces or size == 1)
        trace = self._traces.get(address[:known]) or Trace(self.model.initial[address[0]], (), address[:1])
        for place in range(known, len(address)):
            choices = self._enabled(trace.last)
            if not 0 <= address[place] < len(choices):
                raise NowhereError(
                    f"step {place} of the address takes choice {address[place]}, but there are {len(choices)} there"
                )
            step = take(self.model.actions[choices[address[place]]], trace.last)
            assert step is not None, "it is enabled"
            trace = Trace(trace.initial, (*trace.steps, step), address[: place + 1])
        return trace

    def _enabled(self, cluster: Cluster) -> list[int]:
        """Return which actions are enabled, by their index; the tries remember what was asked before."""
        walker = walker_of(self.model)
        row, found = walker.numbering.row(cluster), []
        for index, trie in enumerate(walker.actions):
            try:
                taken, _ = walker.answer(trie, row)
            except BoundReached:
                continue
            if isinstance(taken, Taken):
                found.append(index)
        return found

    def ahead(self, address: Address) -> tuple[Ahead, ...]:
        """Return the steps that can be taken at an address, in the order of the model's actions."""
        cluster = self.trace(address).last
        steps = (take(self.model.actions[index], cluster) for index in self._enabled(cluster))
        return tuple(Ahead((*address, place), step) for place, step in enumerate(steps) if step is not None)

    def disabled(self, address: Address) -> tuple[Disabled, ...]:
        """Return the actions that cannot be taken at an address, each with what it saw last: that decided it."""
        cluster = self.trace(address).last
        enabled = set(self._enabled(cluster))
        return tuple(
            Disabled(action, *_seen_last(action, cluster))
            for index, action in enumerate(self.model.actions)
            if index not in enabled
        )

    def nearest(self, address: Address, asked: str) -> Address:
        """Return where the shortest way leads to what a spec looks for, or to where a condition holds.

        NowhereError if none is found, which says why. To a spec of whole runs there is none: no single state shows
        anything of it.
        """
        aim, fails = self._condition(asked) if is_condition(asked) else self._aim(asked)
        way = nearest(self.model, self.trace(address).last, aim)
        if way.actions is None:
            all_ = "all" if way.is_complete else "the first"
            raise NowhereError(f"{asked.strip()[:200]} {fails} in {all_} {way.states:,} states from here on")
        for action in way.actions:
            address = (*address, self._enabled(self.trace(address).last).index(action))
        return address

    def _aim(self, name: str) -> tuple[Aim, str]:
        """Return what a spec looks for, and the words for that it was not found."""
        spec = next((spec for spec in self.model.specs if spec.name == name.strip() and not spec.is_temporal), None)
        if spec is None:
            raise NowhereError(f"there is no spec of states or steps that is called {name[:80]!r} here")
        return aim_of(spec), "does not happen" if spec.form.wanted else "is not violated"

    def _condition(self, text: str) -> tuple[Aim, str]:
        try:
            return Aim(read_condition(text, self.model.initial[0].layout).holds), "comes to be nowhere else"
        except ConditionError as problem:
            raise NowhereError(str(problem)) from None

    def at_random(self, address: Address, steps: int, seed: int | None = None) -> Address:
        """Return where so many random steps lead that change something; fewer if there are none."""
        draw = random.Random(seed)
        for _ in range(min(steps, MOST_STEPS)):
            choices = [ahead.address for ahead in self.ahead(address) if not ahead.is_idle]
            if not choices:
                break
            address = draw.choice(choices)
        return address

    def onwards(self, address: Address, steps: int = MOST_STEPS) -> Address:
        """Return where the usual course leads: the system's actions in turn, without requests and faults.

        Whose turn it is follows from the last step, so that one may also go there a step at a time.
        """
        taken = self.trace(address).steps
        turn = self.model.actions.index(taken[-1].action) if taken else 0
        seen = {self.trace(address).last}
        for _ in range(min(steps, MOST_STEPS)):
            choices = [
                (self.model.actions.index(ahead.step.action), ahead.address)
                for ahead in self.ahead(address)
                if not ahead.is_idle and not ahead.step.action.transition.environment
            ]
            if not choices:
                break
            turn, address = min(choices, key=lambda choice: (choice[0] <= turn, choice[0]))
            if self.trace(address).last in seen:
                break
            seen.add(self.trace(address).last)
        return address

    def is_new(self, address: Address) -> bool:
        """Tell whether the state at an address is none of those on the way there."""
        *before, last = self.trace(address).states
        return last not in before

    def live(self, address: Address) -> Live:
        """Return what the specs say of the state at an address, and of the step to it."""
        trace = self.trace(address)
        wrong, happens = list[tuple[Spec, str]](), list[Spec]()
        for spec, subject in _subjects(self.model.specs, trace):
            said = spec.form.found(ask(spec, subject)[0])
            if said is not None and spec.form.wanted:
                happens.append(spec)
            elif said is not None:
                wrong.append((spec, said))
        safe = sum(not spec.form.wanted for spec in self.model.specs if not spec.is_temporal)
        return Live(tuple(wrong), tuple(happens), safe - len(wrong), sum(spec.is_temporal for spec in self.model.specs))


def _seen_last(action: Action, cluster: Cluster) -> tuple[str, str]:
    """Return the cell that decided that an action is not enabled, and what was seen; nothing if it looked at none."""
    try:
        _, reads = record(action, cluster, f"transition {action}")
    except BoundReached as bound:
        return "", str(bound)
    if not reads:
        return "", ""
    last = reads[-1]
    path = ".".join(last.projection.path)
    cell = str(cluster.layout.cells[last.position])
    where = f"{cell}.{path}" if path and WHOLE not in last.projection.path else cell
    return where, _in_words(last.found)


def _in_words(seen: object) -> str:
    if seen is None:
        return "nothing"
    return seen.__name__ if isinstance(seen, type) else brief(seen, ROOM)


def _subjects(specs: Sequence[Spec], trace: Trace) -> Iterator[tuple[Spec, Cluster | Step]]:
    for spec in specs:
        if spec.is_temporal:
            continue
        if not spec.of_steps:
            yield spec, trace.last
        elif trace.steps:
            yield spec, trace.steps[-1]


def read_address(text: str) -> Address:
    """Return the address that a text such as `0/3/1` is; NowhereError if it is none."""
    parts = text.strip("/").split("/")
    if not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise NowhereError(f"{text[:80]!r} is no address; write one number per choice, such as 0/3/1")
    return tuple(map(int, parts))
