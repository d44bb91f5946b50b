"""The part of a model's state space that the runs have seen: each state, its enabled actions and its answers, once."""

from collections.abc import Iterator
from typing import Any

import attrs

from kmodel.engines.tables import Table, spec_table
from kmodel.kernel import Action, BoundReached, Cluster, Kind, Model, Spec, Step, Transition, failure
from kmodel.kernel.footprint import Effect, Read, Writes, apply, check_deterministic, record
from kmodel.kernel.model import step_of

Row = tuple[Any, ...]
Judgement = tuple[Spec, str]  # a spec, and why it is violated or that it is reached

STATES_KEPT = 100_000  # beyond that the memory is freed; the answers are found again when they are needed


@attrs.frozen
class Taken:
    """What an action does where it is enabled: its effect, and the places of the cells that it read."""

    effect: Effect
    reads: tuple[int, ...]

    @property
    def footprint(self) -> tuple[tuple[int, ...], Writes]:
        """The places read and the writes: all that a spec of steps sees of a step beside the cluster before it."""
        return self.reads, self.effect.writes


@attrs.define(eq=False)
class State:
    """A state that a run was in, with what is known of it so far."""

    row: Row
    answers: tuple[Judgement, ...]
    enabled: dict[Transition, tuple[int, ...]] = attrs.field(factory=dict)
    taken: dict[int, Taken | None] = attrs.field(factory=dict)
    successors: dict[int, "tuple[State, tuple[Judgement, ...]]"] = attrs.field(factory=dict)


class Space:
    """What runs over one model share. It answers from tables, so Python is called once per footprint."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.layout = model.initial[0].layout
        self.actions_of: dict[Transition, list[int]] = {}
        for index, action in enumerate(model.actions):
            self.actions_of.setdefault(action.transition, []).append(index)
        self.seen: set[int] = set()  # hashes: of a million states, two collide with a chance of 1 in 10 million
        self.idle: set[int] = set()  # the actions that were enabled somewhere, but changed nothing there
        self.bound: str | None = None
        self._states: dict[Row, State] = {}
        self._tables = [_action_table(action) for action in model.actions]
        self._state_specs = [(spec, spec_table(spec)) for spec in model.specs if not spec.of_steps]
        self._step_specs = [spec for spec in model.specs if spec.of_steps]
        self._step_tables: dict[Any, Table[bool | str]] = {}

    def initial(self, index: int) -> State:
        """Return an initial state of the model."""
        return self._state(self.model.initial[index].values)

    def enabled(self, state: State, transition: Transition) -> tuple[int, ...]:
        """Return the indices of the transition's actions that are enabled in the state and lead somewhere."""
        known = state.enabled.get(transition)
        if known is None:
            indices = self.actions_of.get(transition, ())
            known = state.enabled[transition] = tuple(index for index in indices if self._leads_on(state, index))
        return known

    def is_terminal(self, state: State) -> bool:
        """Tell whether no action at all is enabled in the state."""
        return not any(self.enabled(state, transition) for transition in self.actions_of)

    def follow(self, state: State, index: int) -> tuple[State, tuple[Judgement, ...]]:
        """Return the state after an enabled action, and what the specs say of it and of the step to it."""
        known = state.successors.get(index)
        if known is None:
            taken = self._take(state, index)
            assert taken is not None, f"{self.model.actions[index]} is not enabled"
            after = self._state(apply(Cluster(self.layout, state.row), taken.effect.total).values)
            known = state.successors[index] = (after, tuple(self._judge_step(state, index, taken)))
        after, answers = known
        return after, answers + after.answers

    def _state(self, row: Row) -> State:
        state = self._states.get(row)
        if state is None:
            if len(self._states) >= STATES_KEPT:
                for kept in self._states.values():
                    kept.successors.clear()
                self._states.clear()
            state = self._states[row] = State(row, tuple(self._judge_state(row)))
            self.seen.add(hash(row))
        return state

    def _leads_on(self, state: State, index: int) -> bool:
        """Tell whether the action is enabled, and is not one that changes nothing and is as the specs want it to be."""
        taken = self._take(state, index)
        if taken is None:
            return False
        if any(write.update(old := state.row[write.position]) != old for write in taken.effect.total):
            return True
        self.idle.add(index)
        return any(True for _ in self._judge_step(state, index, taken))

    def _take(self, state: State, index: int) -> Taken | None:
        if index not in state.taken:
            try:
                taken = self._tables[index].answer(state.row, lambda: Cluster(self.layout, state.row))
            except BoundReached as bound:
                self.bound, taken = str(bound), None
            state.taken[index] = taken
        return state.taken[index]

    def _judge_state(self, row: Row) -> Iterator[Judgement]:
        for spec, table in self._state_specs:
            yield from _judge(spec, table.answer(row, lambda: Cluster(self.layout, row)))

    def _judge_step(self, state: State, index: int, taken: Taken) -> Iterator[Judgement]:
        def step() -> Step:
            before = Cluster(self.layout, state.row)
            return step_of(self.model.actions[index], before, taken.effect, taken.reads)

        for spec in self._step_specs:
            key = (spec, index, taken.footprint)
            table = self._step_tables.get(key)
            if table is None:
                table = self._step_tables[key] = spec_table(spec)
            yield from _judge(spec, table.answer(state.row, step))


def _judge(spec: Spec, answer: bool | str) -> Iterator[Judgement]:
    if spec.kind is Kind.SOMETIMES:
        if answer is True:
            yield spec, "it happens"
    elif (reason := failure(answer)) is not None:
        yield spec, reason


def _action_table(action: Action) -> Table[Taken | None]:
    who = f"transition {action}"

    def call(cluster: Cluster) -> tuple[Taken | None, tuple[Read, ...]]:
        recording = record(action, cluster, who)
        check_deterministic(recording, record(action, cluster, who), cluster, who)
        effect, reads = recording
        return None if effect is None else Taken(effect, tuple(dict.fromkeys(read.position for read in reads))), reads

    return Table(call)
