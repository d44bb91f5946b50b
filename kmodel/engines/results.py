"""Verdicts: what an exploration says of each spec. Five, never worded alike."""

from collections import Counter
from collections.abc import Mapping
from enum import Enum

import attrs

from kmodel.kernel import Action, Model, Spec, Trace


class Verdict(Enum):
    """What is known of a spec.

    Of a `sometimes` it is known that it happens (it holds), that it never happens, or nothing yet (no violation found).
    A spec of whole runs is not judged where the runs are not known.
    """

    HOLDS = "holds"
    VIOLATED = "violated"
    NEVER_HAPPENS = "never happens"
    NO_VIOLATION_FOUND = "no violation found"
    NOT_JUDGED = "not judged"


@attrs.frozen
class Idle:
    """An action that is enabled in the cycle of a lasso, but not taken, and why a fair run need not take it.

    It is not enabled any more after a step of the trace (0: at its start); or, if that is None, it is owed nothing.
    """

    action: Action
    disabled_after: int | None


@attrs.frozen
class Turn:
    """Of a violation's trace, after how many steps a fair run could still meet the spec, for the last time.

    None: after none, not even at the start. `way` is the nearest such run: these steps, and then others until it is
    well for ever; there it `rests`, or goes round. `about` is the key that is not met, of a spec with keys. Where all
    that is not known, `unknown` says why.
    """

    last: int | None = None
    way: Trace | None = None
    rests: bool = False
    about: tuple[str, ...] = ()
    unknown: str = ""


@attrs.frozen
class Finding:
    """The verdict on one spec, why, and the trace that shows it: a counterexample, or the witness of a `sometimes`.

    A temporal spec that holds `is_tested` if there was something to violate it, and `needs_strong_fairness` if it would
    not hold if all actions were owed weak fairness only. The counterexample of one is a lasso, and `idle` are the
    actions that could leave its cycle, but need not. `turn` is the point of no return of a violation, if it was
    looked for.
    """

    spec: Spec
    verdict: Verdict
    reason: str
    trace: Trace | None = None
    is_tested: bool = True
    needs_strong_fairness: bool = False
    idle: tuple[Idle, ...] = ()
    turn: Turn | None = attrs.field(default=None, eq=False)

    @property
    def is_hazard(self) -> bool:
        """Whether this is the violation of a spec that Kubernetes is documented to break."""
        return self.verdict is Verdict.VIOLATED and self.spec.hazard is not None

    @property
    def is_failure(self) -> bool:
        """Whether this should stop a release: a violation that is not a documented hazard."""
        return self.verdict is Verdict.VIOLATED and not self.is_hazard

    @property
    def is_vacuous(self) -> bool:
        """Whether this is a `sometimes` that never happens here: what it shows of an invariant is not shown."""
        return self.verdict is Verdict.NEVER_HAPPENS


def when_found(spec: Spec) -> Verdict:
    """Return the verdict on a spec of states or steps when what it looks for is found: a violation, unless wanted."""
    return Verdict.HOLDS if spec.form.wanted else Verdict.VIOLATED


@attrs.frozen
class Statistics:
    """What an exploration took: for whoever asks why it is slow."""

    python_calls: Mapping[str, int]  # per action; early ones twice in one cluster, to see that it is deterministic
    spec_calls: Mapping[str, int]  # per spec
    trie_nodes: int
    bytes_per_state: float  # states, parents and hash tables; without the tables and Python itself
    blocks: tuple[tuple[tuple[str, ...], int], ...]  # the cells that are numbered together, and how many joint values
    widest_cells: tuple[tuple[str, int], ...]  # cells with most values
    largest_footprints: tuple[tuple[str, int], ...]  # actions that read most cells, over all clusters


@attrs.frozen
class Symmetry:
    """What renaming spared: the groups of interchangeable names, and how many states the orbits found represent.

    Of the rules that the search used, `shown` ones are shown to treat all names alike; it rests on all of them. A
    search that was stopped has shown none. Without a group there was no reduction, and `note` says why.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    represented: int = 0
    rules: int = 0
    shown: int = 0
    note: str | None = None

    @property
    def is_shown(self) -> bool:
        """Whether the orbits are known to be those of all states; so where there was no reduction."""
        return not self.groups or 0 < self.rules == self.shown


def if_alike(symmetry: Symmetry | None) -> str:
    """Return what is to be said after a number of states represented by others; nothing where that is shown."""
    return "" if symmetry is None or symmetry.is_shown else ", if the names are treated alike"


def collision_probability(states: int) -> float:
    """Return what the probability is below that any two of so many states have one 128-bit fingerprint."""
    return states**2 / 2**129  # one in 2**128 for each pair


def up_to_collision(probability: float | None) -> str:
    """Return what is to be said after a number of states known by fingerprints; nothing where they are exact."""
    if probability is None:
        return ""
    rounded_up = f"{1.05 * probability:.1e}"
    return f" up to a collision of 128-bit fingerprints, probability below {rounded_up}"


@attrs.frozen
class PartialOrder:
    """What partial-order reduction spared: how many states were expanded by some of their steps only.

    The searches are those that it took until nothing new was learned; the states are those of the last. `sees` has the
    specs that were open to the end and, for each, how many actions can change what it looks at.
    """

    in_part: int
    in_full: int
    searches: int
    sees: tuple[tuple[str, int], ...] = ()


@attrs.frozen
class Ends:
    """The states in which no action of the system is enabled: how many, how many up to names, and shortest traces to
    some of these, the nearest first."""

    states: int
    up_to_names: int
    traces: tuple[Trace, ...]


@attrs.frozen
class Result:
    """What an exploration found: counts in TLC's sense, the verdict on each spec, how often each action fired."""

    model: Model
    engine: str
    findings: tuple[Finding, ...]
    states: int
    generated: int
    depth: int
    seconds: float
    fired: Mapping[str, int] = attrs.field(factory=Counter)
    stopped: str | None = None
    statistics: Statistics | None = None
    ends: Ends | None = None  # known of a finished exploration with temporal specs
    symmetry: Symmetry | None = None  # under symmetry, states and steps are counted up to renaming
    partial_order: PartialOrder | None = None
    saw_the_least: bool = True  # that its engine speaks of: every run without delays
    collision_probability: float | None = None  # below which two states were taken for one; None where that cannot be

    @property
    def is_reduced(self) -> bool:
        """Whether states were left out, that differ from those visited by the order of independent steps."""
        return self.partial_order is not None and self.partial_order.in_part > 0

    @property
    def represented(self) -> int:
        """How many states were seen: under symmetry more than the representatives that were expanded."""
        return self.symmetry.represented if self.symmetry is not None and self.symmetry.groups else self.states

    @property
    def finished(self) -> bool:
        """Whether all reachable states were seen."""
        return self.stopped is None

    @property
    def not_judged(self) -> tuple[Finding, ...]:
        """The findings on specs of whole runs of which no run was looked at."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.NOT_JUDGED)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that should stop a release."""
        return tuple(finding for finding in self.findings if finding.is_failure)

    @property
    def never_fired(self) -> tuple[str, ...]:
        """The transitions of the model none of whose actions was ever taken."""
        fired = {name.partition("(")[0] for name, count in self.fired.items() if count}
        names = dict.fromkeys(action.transition.name for action in self.model.actions)
        return tuple(name for name in names if name not in fired)
