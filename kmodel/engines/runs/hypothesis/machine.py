"""The state machine that kmodel makes of a model: one rule per transition, its arguments drawn from those enabled."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, cast

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.strategies import DrawFn, SearchStrategy

from kmodel.engines.runs.fair_rounds import FairRuns
from kmodel.engines.runs.hypothesis.internals import choose_fast, draw_up_to, end_run
from kmodel.engines.runs.run_space import Judgement, RunSpace, State
from kmodel.engines.tables.walker import trace_of
from kmodel.kernel import Model, ModelError, Spec, Trace, Transition


@attrs.frozen
class Path:
    """A run up to some step: the model, the index of its initial state and those of the actions taken.

    `drawn` of the actions were chosen by Hypothesis, which shrinks these only; fair rounds took the others.
    """

    model: Model
    initial: int
    choices: tuple[int, ...]
    drawn: int

    def trace(self) -> Trace:
        """Take the steps again, and return them with their address."""
        return trace_of(self.model, self.initial, self.choices)


@attrs.define
class Journal:
    """What the runs came upon; `ignored` are the violated specs that no longer end a run."""

    runs: int = 0
    steps: int = 0
    depth: int = 0
    fired: Counter[str] = attrs.field(factory=Counter)
    found: dict[Spec, tuple[str, Path]] = attrs.field(factory=dict)
    ignored: frozenset[Spec] = frozenset()
    cancelled: bool = False

    def is_new(self, spec: Spec, steps: int) -> bool:
        """Tell whether no path to what a spec says is known that is as short as this many steps."""
        known = self.found.get(spec)
        return known is None or steps < len(known[1].choices)


class ViolationError(AssertionError):
    """A run violates a spec; each spec has its own subclass, so that Hypothesis shrinks each violation by itself."""


class Cancelled(KeyboardInterrupt):
    """Nobody waits for the exploration any more; unlike an error, Hypothesis lets this pass."""


@attrs.frozen(repr=False)
class Beginning:
    """Where a run begins: a model and one of its initial states."""

    model: Model
    initial: int

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"{self.model.name!r}" + (f", initial={self.initial}" if len(self.model.initial) > 1 else ""))


class Machine(RuleBasedStateMachine):
    """A run in progress. Users get a subclass with one rule per transition from `state_machine`."""

    journal: Journal
    fair_runs: dict[int, FairRuns]  # by their models' ids, which stay their own since a space holds its model
    transitions: frozenset[Transition]

    def __init__(self) -> None:
        super().__init__()
        choose_fast(self)
        if self.journal.cancelled:
            raise Cancelled
        self.journal.runs += 1
        self._partial: tuple[int, ...] = ()
        self._choices: list[int] = []
        self._states: list[State] = []
        self._drawn: int | None = None  # how many of the choices, once fair rounds make more of them

    def start(self, beginning: Beginning) -> None:
        """Begin the run."""
        model = beginning.model
        if id(model) not in self.fair_runs:
            self.fair_runs[id(model)] = FairRuns(RunSpace(model))
        self._fair = self.fair_runs[id(model)]
        self._space = self._fair.space
        self._beginning = beginning
        self._states.append(self._space.initial(beginning.initial))
        self._heed(self._state.answers)

    @property
    def _state(self) -> State:
        return self._states[-1]

    def can(self, transition: Transition) -> bool:
        """Tell whether an action of the transition is enabled."""
        return bool(self._space.enabled(self._state, transition))

    def is_terminal(self) -> bool:
        """Tell whether nothing more can happen that the machine has a rule for."""
        return not self._rules_possible()

    def possible(self) -> tuple[Transition | None, ...]:
        """Return the transitions of which an action is enabled; None alone, for `rest`, if nothing more can happen."""
        return self._rules_possible() or (None,)

    def _rules_possible(self) -> tuple[Transition, ...]:
        return tuple(each for each in self._space.by_transition(self._state) if each in self.transitions)

    def bindings(self, transition: Transition | None) -> list[dict[str, str]]:
        """Return the arguments with which a transition is enabled, sorted as Hypothesis sorts them."""
        if transition is None:
            return [{}]
        actions = self._space.model.actions
        return [dict(sorted(actions[index].binding)) for index in self._space.enabled(self._state, transition)]

    def candidates(self, transition: Transition, parameter: str, is_first: bool) -> list[str]:
        """Return the values of a parameter with which, after those chosen before it, the transition is enabled."""
        if is_first:
            self._partial = self._space.enabled(self._state, transition)
        return list(dict.fromkeys(self._argument(index, parameter) for index in self._partial))

    def choose(self, parameter: str, value: str) -> None:
        """Keep the actions in which the parameter has this value."""
        self._partial = tuple(index for index in self._partial if self._argument(index, parameter) == value)

    def _argument(self, index: int, parameter: str) -> str:
        return self._space.model.actions[index].arguments[parameter]

    def act(self, transition: Transition, arguments: dict[str, str]) -> None:
        """Take the action that is the transition with these arguments, and ask the specs."""
        enabled = self._space.enabled(self._state, transition)
        self._step(next(index for index in enabled if self._space.model.actions[index].arguments == arguments))

    def _step(self, index: int) -> None:
        journal = self.journal
        self._choices.append(index)
        state, answers = self._space.follow(self._state, index)
        self._states.append(state)
        journal.steps += 1
        journal.depth = max(journal.depth, len(self._choices))
        journal.fired[self._space.names[index]] += 1
        self._heed(answers)

    def end(self) -> None:
        """End the run: from its end and from one earlier state the system goes on in fair rounds."""
        if not self._fair.keys:
            return
        states, choices = tuple(self._states), tuple(self._choices)
        for length in dict.fromkeys((len(choices), len(choices) - draw_up_to(len(choices)))):
            self._drawn = length
            for run in self._fair.after(states[: length + 1], choices[:length]):
                self._states, self._choices = list(run.states[: length + 1]), list(run.choices[:length])
                for index in run.choices[length:]:
                    self._step(index)
                self._heed(self._fair.violated(run))

    def teardown(self) -> None:
        """End the run, unless it was ended before: by a violation, or since nothing more can happen."""
        if sys.exc_info()[0] is None:
            self.end()

    def _heed(self, answers: Iterable[Judgement]) -> None:
        for spec, reason in answers:
            if self.journal.is_new(spec, len(self._choices)):
                drawn = len(self._choices) if self._drawn is None else self._drawn
                path = Path(self._space.model, self._beginning.initial, tuple(self._choices), drawn)
                self.journal.found[spec] = (reason, path)
            if not spec.form.wanted and spec not in self.journal.ignored:
                raise _violation(spec)(f"{spec.name}: {reason}")


def state_machine(
    models: Model | SearchStrategy[Model], transitions: Iterable[Transition] = (), *, journal: Journal | None = None
) -> type[RuleBasedStateMachine]:
    """Return the state machine of a model, or of all models that a strategy draws, whose `transitions` must be told.

    The machine is an ordinary one of Hypothesis: `state_machine(model).TestCase` is a test.
    """
    if isinstance(models, Model):
        transitions = dict.fromkeys(action.transition for action in models.actions)
        name = models.name
        beginnings = st.sampled_from([Beginning(models, index) for index in range(len(models.initial))])
    else:
        name = "models"
        beginnings = models.flatmap(
            lambda model: st.sampled_from([Beginning(model, index) for index in range(len(model.initial))])
        )
        if not (transitions := tuple(transitions)):
            raise ModelError("a strategy of models does not tell their transitions; give state_machine those too")
    members: dict[str, Any] = {
        # The example database keeps the failures of machines apart by their names.
        "__module__": __name__,
        "journal": journal or Journal(),
        "fair_runs": {},
        "transitions": frozenset(transitions),
        "begin": initialize(beginning=beginnings)(_begin),
        "rest": precondition(_is_terminal)(rule()(_rest)),
    }
    for number, transition in enumerate(transitions):
        members[f"rule_{number}_{transition.name}"] = _rule_of(transition)
    return type(_class_name(name), (Machine,), members)


def _begin(self: Machine, beginning: Beginning) -> None:
    self.start(beginning)


def _rest(self: Machine) -> None:
    """Do nothing: Hypothesis wants a rule for the state in which nothing is enabled."""
    self.end()
    end_run()


def _is_terminal(self: Machine) -> bool:
    return self.is_terminal()


_rest.mark = None  # type: ignore[attr-defined]
_begin.__name__, _rest.__name__ = "begin", "rest"


def _rule_of(transition: Transition) -> Callable[..., None]:
    def is_enabled(self: Machine) -> bool:
        return self.can(transition)

    def act(self: Machine, **arguments: str) -> None:
        self.act(transition, arguments)

    act.mark = transition  # type: ignore[attr-defined]
    act.__name__ = act.__qualname__ = transition.name
    names = sorted(transition.parameters)  # the order in which Hypothesis draws them
    arguments = {name: _argument(transition, name, is_first=name == names[0]) for name in names}
    decorate: Callable[[Callable[..., None]], Callable[..., None]] = rule(**arguments)  # type: ignore[call-overload]
    return precondition(is_enabled)(decorate(act))


def _argument(transition: Transition, parameter: str, is_first: bool) -> SearchStrategy[str]:
    @st.composite
    def argument(draw: DrawFn) -> str:
        machine = cast(Machine, draw(st.runner()))
        value = draw(st.sampled_from(machine.candidates(transition, parameter, is_first)))
        machine.choose(parameter, value)
        return value

    return argument()


_VIOLATIONS: dict[Spec, type[ViolationError]] = {}


def _violation(spec: Spec) -> type[ViolationError]:
    if spec not in _VIOLATIONS:
        _VIOLATIONS[spec] = type(f"Violation_of_{spec.name}", (ViolationError,), {})
    return _VIOLATIONS[spec]


def _class_name(name: str) -> str:
    words = "".join(word[:1].upper() + word[1:] for word in re.split(r"\W+|_", name))
    return words if words.isidentifier() else f"Model{words}"
