"""The journal of an exploration by Hypothesis: what the runs came upon, and the shortest way to each."""

from collections import Counter

import attrs

from kmodel.kernel import Model, Spec, Trace
from kmodel.kernel.model import trace_of


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
        return trace_of(self.model, self.initial, list(self.choices))


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
