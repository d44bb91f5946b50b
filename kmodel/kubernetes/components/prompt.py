"""Prompt caches: events arrive as soon as there are any, so that no cache of a client is behind the only api-server.

Each step is followed by the deliveries of all events that it makes, each as the informer takes it. What happens so may
happen with late events, too, but not the other way round.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps

import attrs

from kmodel.kernel import Action, Cluster, Transition
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.wiring import Wiring


def in_detail(plan: Plan, wires: Wiring, actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return the actions as they are, or so that events arrive at once, for which nobody has to take a step then."""
    if plan.settings.client_caches != "prompt" or wires.tier.servers:
        return actions
    events = {wires.informers[watch].receive_event for watch in wires.watches}
    receive = [action for action in actions if action.transition in events]
    return tuple(map(_with_deliveries(receive), (action for action in actions if action not in receive)))


def _with_deliveries(receive: Sequence[Action]) -> Callable[[Action], Action]:
    """Return what makes an action deliver what is under way after it; `receive` are the deliveries, by watch."""

    @cache
    def prompt(transition: Transition) -> Transition:
        @wraps(transition.function)
        def function(cluster: Cluster, **binding: str) -> Cluster | None:
            after = transition.function(cluster, **binding)
            return None if after is None else _delivered(after)

        return attrs.evolve(transition, function=function)

    def _delivered(cluster: Cluster) -> Cluster:
        waits = True
        while waits:  # whoever hears of something may write
            waits = False
            for each in receive:
                while (after := each(cluster)) is not None:
                    cluster, waits = after, True
        return cluster

    return lambda action: attrs.evolve(action, transition=prompt(action.transition))
