"""What becomes of a call between its sender and its receiver; and the steps of a call fused into one."""

from functools import wraps

import attrs

from kmodel.kernel import Cluster, Event, Step, Transition
from kmodel.kubernetes.components import apiserver, etcd
from kmodel.kubernetes.components.calls import CALLS, Response
from kmodel.kubernetes.components.component import Caller

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
        reason = "".join(word.capitalize() for word in send.name.split("_"))
        said = f"{send.sentence} It is done at once{_what_it_wrote(step)}."
        return Event("Normal", reason, step.action.object or step.action.actor, said)

    return attrs.evolve(send, function=in_one_step, describe=told)


def _what_it_wrote(step: Step) -> str:
    """Return which objects a step created, changed or deleted, as the end of a sentence."""
    told = []
    for cell in step.writes:
        if cell.family.startswith(etcd.STORED):
            before, after = step.before[cell] is not None, step.after[cell] is not None
            verb = {(False, True): "creates", (True, False): "deletes"}.get((before, after), "changes")
            told.append(f"{verb} {cell.family.removeprefix(etcd.STORED)}/{'/'.join(cell.key)}")
    return f": {', '.join(told)}" if told else ""
