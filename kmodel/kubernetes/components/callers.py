"""What becomes of a call between its sender and its receiver; and the steps of a call fused into one."""

from collections.abc import Iterator
from functools import wraps

import attrs

from kmodel.kernel import Cluster, Event, Step, Transition
from kmodel.kubernetes.components import apiserver, etcd
from kmodel.kubernetes.components.calls import CALLS, Response
from kmodel.kubernetes.components.component import Caller
from kmodel.kubernetes.components.settings import reference

STEPS = (apiserver.handle, etcd.commit, apiserver.answer)  # of each call, by its client


def fuse(send: Transition, caller: Caller) -> Transition:
    """Return the transition that sends, has the request handled, committed and answered, and receives, in one step."""

    @wraps(send.function)
    def in_one_step(cluster: Cluster, **binding: str) -> Cluster | None:
        after = send.function(cluster, **binding)
        if after is None:
            return None
        of_client = {name: binding[name] for name in caller.receives.parameters}
        client = caller.client(*of_client.values())
        while after[CALLS[client]] is not None:
            if isinstance(after[CALLS[client]], Response):
                after = caller.receives.function(after, **of_client)  # which may send the next request
                assert after is not None
            else:
                before = after
                for step in STEPS:
                    after = step.function(after, client=client) or after
                if after is before:
                    return None  # etcd does not serve
        return after

    def told(step: Step) -> Event:
        arguments = step.action.arguments
        sent = send.function(step.before, **{name: arguments[name] for name in send.parameters})
        if send.describe is None or sent is None:
            reason = "".join(word.capitalize() for word in send.name.split("_"))
            asked = Event("Normal", reason, step.action.object or step.action.actor, send.sentence)
        else:  # it says what is sent
            asked = send.describe(attrs.evolve(step, after=sent, next=sent))
        return attrs.evolve(asked, message="; ".join((asked.message.rstrip("."), *_what_it_wrote(step))))

    return attrs.evolve(send, function=in_one_step, describe=told)


def _what_it_wrote(step: Step) -> Iterator[str]:
    """Yield which objects a step created, changed or deleted, and what they are like now."""
    for cell in step.writes:
        if cell.family.startswith(etcd.STORED):
            before, after = step.before[cell], step.after[cell]
            about = reference(step.before, cell.family.removeprefix(etcd.STORED), "/".join(cell.key))
            if after is None:
                yield f"deletes {about}"
            else:
                yield f"{'creates' if before is None else 'changes'} {about}: {after.summary()}"
