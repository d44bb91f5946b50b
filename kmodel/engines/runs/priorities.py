"""Random priorities: a walk takes, of what is enabled, the action that comes first in a random order.

In a walk the order changes at d-1 random steps: what would be next gets one of the lowest priorities. A bug of depth d
is one for which d constraints suffice on what comes before what; most need few. In a model of n actions, a walk of k
steps finds one that shows within these with a probability of at least 1/(n*k**(d-1)). [Burckhardt, Kothari, Musuvathi,
Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010]

There it is threads that have priorities. Here it is actions, as who takes which of its own is not determined, either.
"""

from collections.abc import Sequence
from random import Random

from kmodel.kernel import Model


class Priorities:
    """The priorities of one walk: the more, the earlier."""

    def __init__(self, actions: int, steps: int, depth: int, random: Random) -> None:
        self._of = random.sample(range(depth, depth + actions), actions)
        self._lowered: dict[int, list[int]] = {}  # by the step at which it is
        for priority in range(1, depth):
            self._lowered.setdefault(random.randrange(steps), []).append(priority)

    def next(self, enabled: Sequence[int], step: int) -> int:
        """Return which of the enabled actions is taken at a step."""
        for priority in self._lowered.get(step, ()):
            self._of[self._first(enabled)] = priority
        return self._first(enabled)

    def _first(self, enabled: Sequence[int]) -> int:
        return max(enabled, key=self._of.__getitem__)


def missing(model: Model, steps: int, depth: int, walks: int) -> float:
    """Return what the probability is at most that so many walks miss a bug of a depth that shows within the steps."""
    ways = len(model.initial) * len(model.actions) * steps ** (depth - 1)
    return float((1 - 1 / ways) ** walks)
