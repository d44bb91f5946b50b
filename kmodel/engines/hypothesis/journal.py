"""The journal of an exploration by Hypothesis: what the runs came upon, and the shortest way to each."""

from collections import Counter

import attrs

from kmodel.kernel import Model, Spec, Step, Trace, take


@attrs.frozen
class Path:
    """A run up to some step: the model, the index of its initial state and those of the actions taken."""

    model: Model
    initial: int
    choices: tuple[int, ...]

    def trace(self) -> Trace:
        """Take the steps again, and return them with their address."""
        cluster = self.model.initial[self.initial]
        steps: list[Step] = []
        address = [self.initial]
        for choice in self.choices:
            enabled_before = sum(take(action, cluster) is not None for action in self.model.actions[:choice])
            step = take(self.model.actions[choice], cluster)
            assert step is not None, f"{self.model.actions[choice]} is not enabled on its own trace"
            address.append(enabled_before)
            steps.append(step)
            cluster = step.next
        return Trace(self.model.initial[self.initial], tuple(steps), tuple(address))


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

    def note(self, spec: Spec, reason: str, path: Path) -> bool:
        """Keep the shortest path to what a spec says; tell whether the spec says it for the first time."""
        known = self.found.get(spec)
        if known is None or len(path.choices) < len(known[1].choices):
            self.found[spec] = (reason, path)
        return known is None
