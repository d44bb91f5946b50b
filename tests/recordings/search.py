"""The search: is there a run of the model that writes exactly what a recording has?

Depth first over the lines of the recording. Before a line, the model may take hidden steps: those of the actor that
writes it, about the line's object, and the events that its informer receives. It need not take others: what they do
can wait until their actor writes. A send is no hidden step, unless it is the request of the line; then the request is
handled, committed and answered at once, and what is answered and stored must be as recorded. Or it is the request of a
later line that was received before that of this one, or at the same time: then it is on its way until its line comes.
So it is if its line says that its version was not the current one any more: it may have been sent before that changed,
or before the cache showed that. And if another controller, which has the same cache, writes shortly before it what the
cache showed by then: who asked later may have begun earlier, on the cache as it was.

What nobody in the model does is put in from outside: a request of somebody else is asked of the model's api-server,
which must answer and store the same; a write that changes no field that the model has makes a new version.
"""

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice

import attrs

from kmodel.kernel import Action, Cluster
from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.component import Component, instances
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.settings import rights_of
from kmodel.kubernetes.objects import KINDS, Binding, kind_named
from tests.recordings.carrying import State, ask, carry_out, differs, put, stored_as_recorded
from tests.recordings.objects import in_order
from tests.recordings.recording import PEOPLE, Line
from tests.recordings.scenario import CLIENT, Played, fault_of, model_of

MOST_HIDDEN = 3_000  # states in which one line is sought from one state before it
OVERLAP = 0.002  # seconds between two requests that may have been sent in the other order than they were received
FURTHEST = 8  # lines among which those are sought
SYNC = 0.01  # seconds by which a controller may have begun before it asks
MOST_EARLY = 20  # requests among which one is sought that is sent before its line
MOST_IN_VAIN = 1_500  # states that are sought since a line was reached that none had been before
OK, BAD_REQUEST = 200, 400


Helpful = tuple[Action, str | None, str | None]  # a step, its client if it is of a call, the object that it is about


class RefusedError(Exception):
    """No run of the model writes what stands on this line."""

    def __init__(self, line: Line, why: str) -> None:
        super().__init__(f"{line}: {why}")
        self.line = line


@attrs.frozen
class Explained:
    """How a recording came to be explained: the verdict on each line, and how many states that took."""

    verdicts: tuple[str, ...]
    states: int


def explain(lines: tuple[Line, ...]) -> Explained:
    """Return how a recording is explained; RefusedError, at the line beyond which no run came, if it is not."""
    return _Search(model_of(lines), lines).explain()


@attrs.define
class _Search:
    """One search, and what it has found out on the way."""

    played: Played
    lines: tuple[Line, ...]
    states: int = 0
    outdated: dict[int, list[Line]] = attrs.field(factory=dict)
    begun: dict[int, list[Line]] = attrs.field(factory=dict)
    known_steps: dict[tuple[Component, str, str], list[Helpful]] = attrs.field(factory=dict)
    why: dict[int, str] = attrs.field(factory=dict)

    def explain(self) -> Explained:
        ways: list[tuple[str, Iterator[State]]] = [("", iter([State(self.played.initial)]))]
        seen: set[tuple[int, State]] = set()
        furthest, there = -1, 0
        while ways and self.states - there <= MOST_IN_VAIN:
            state, depth = next(ways[-1][1], None), len(ways) - 1
            if state is None:
                ways.pop()
            elif depth == len(self.lines):
                return Explained(tuple(verdict for verdict, _ in ways[1:]), self.states)
            elif (depth, state) not in seen:
                seen.add((depth, state))
                ways.append(self.after(state, self.lines[depth]))
                if depth > furthest:
                    furthest, there = depth, self.states
        line = self.lines[furthest]
        why = self.why.get(line.number, "no hidden steps lead to such a request")
        raise RefusedError(line, f"{why}; not all runs to that line were sought" if ways else why)

    def __attrs_post_init__(self) -> None:
        for line in self.lines:
            if line.outdated is not None and not line.changes and self.played.actors(line):
                for number in range(line.outdated, line.number):
                    self.outdated.setdefault(number, []).append(line)
            for before in self.lines[max(0, line.number - FURTHEST) : line.number - 1]:
                if line.changes and self.have_one_cache(before, line) and line.at - before.at <= SYNC:
                    self.begun.setdefault(before.number, []).append(line)

    def have_one_cache(self, one: Line, other: Line) -> bool:
        """Tell whether two lines are by different controllers of one process, which share their caches."""
        processes = [{each.process for each in self.played.actors(line)} for line in (one, other)]
        return one.by != other.by and bool(processes[0] & processes[1])

    def after(self, state: State, line: Line) -> tuple[str, Iterator[State]]:
        """Return how the line is explained, and the states that it may lead to."""
        verdict, states = self.directly_after(state, line)
        early = self.with_sent(state, line, self.outdated)
        return verdict, chain(early, states, self.with_sent(state, line, self.begun))

    def with_sent(self, state: State, line: Line, later: dict[int, list[Line]]) -> Iterator[State]:
        """Yield the states after the line, with a request on its way that is that of a later line."""
        for each in later.get(line.number, ()):
            for before in self.sent_early(state, line, each):
                yield from self.directly_after(before, line)[1]

    def sent_early(self, state: State, line: Line, later: Line) -> Iterator[State]:
        """Yield the states before a line in which the request of a later one is on its way."""
        expected = later
        if not later.changes:  # it will be outdated
            expected = attrs.evolve(later, same_version=line.number == later.outdated)
        for after, client in islice(self.steps_to(state, (later,), self.played.actors(later)), MOST_EARLY):
            request = after.cluster[CALLS[client]]
            if isinstance(request, Request) and request.key and not_asked(after, expected, request) is None:
                yield after

    def directly_after(self, state: State, line: Line) -> tuple[str, Iterator[State]]:
        """Return how the line is explained, and the states that it may lead to, if nobody sends any other request."""
        if line.do:
            return "fault", self.befallen(state, line)
        if line.is_silent:
            return "silent", self.unseen(state, line)
        actors = self.played.actors(line)
        if not line.changes and (self.is_no_request(line, actors) or is_deleted_again(state, line)):
            return "nothing", iter([state])
        if actors:
            return "explained", self.written(state, line, actors)
        return "from outside", self.asked(state, line)

    def is_no_request(self, line: Line, actors: tuple[Component, ...]) -> bool:
        """Tell whether the model has no such request, or it does not tell whether it is made.

        Controllers write what is there already (200), or what the model does not have (`status` of a ReplicaSet).
        """
        if line.agent in PEOPLE:
            return line.dry_run or line.code == BAD_REQUEST
        return line.code == OK or (not actors and rights_of(self.played.initial, line.by) is not None)

    def befallen(self, state: State, line: Line) -> Iterator[State]:
        """Yield the state after what befell a process."""
        fault = fault_of(line)
        if fault is None:
            yield state
            return
        _, name, binding = fault
        binding = {parameter: state.said(value) for parameter, value in binding.items()}
        found = [each for each in self.played.actions if (each.transition.name, each.arguments) == (name, binding)]
        for cluster in self.before(state, line) if found else ():
            after = found[0](cluster)
            if after is not None:
                yield attrs.evolve(state, cluster=after)
                return
        self.why[line.number] = f"{name}({binding}) cannot happen there"

    def before(self, state: State, line: Line) -> Iterator[Cluster]:
        """Yield the clusters in which a fault may befall a process: of a container, after steps of its kubelet."""
        yield state.cluster
        if "container" not in line.about:
            return
        user, pod = f"system:node:{line.about['node']}", line.about["pod"]
        told = attrs.evolve(
            line, do="", by=user, agent="kubelet", verb="patch", resource="pods", subresource="status", key=pod
        )
        hidden = self.hidden(state, (told,), self.played.actors(told))
        queue, known = deque([state.cluster]), {state.cluster}
        while queue and len(known) < MOST_HIDDEN:
            cluster = queue.popleft()
            for action, client in hidden:
                after = action(cluster) if client is None else None
                if after is not None and after not in known:
                    known.add(after)
                    queue.append(after)
                    yield after

    def put(self, state: State, line: Line) -> Iterator[State]:
        """Yield the state after the line was put in from outside."""
        for change in line.changes:
            state = put(state, line, change)
        yield state

    def unseen(self, state: State, line: Line) -> Iterator[State]:
        """Yield the state after a write that the model does not see, of an object that is there as recorded."""
        there = stored_as_recorded(state, line)
        if there == in_order(state.said(line.changes[0].before)):
            yield from self.put(state, line)
        else:
            self.why[line.number] = "the model has another object there"

    def asked(self, state: State, line: Line) -> Iterator[State]:
        """Yield the state after somebody's request, if the model answers as recorded."""
        carried = ask(state, line, CLIENT)
        difference = differs(state, line, carried)
        if difference is None:
            yield attrs.evolve(state, cluster=carried.cluster)
        else:
            self.why[line.number] = difference

    def written(self, state: State, line: Line, actors: tuple[Component, ...]) -> Iterator[State]:
        """Yield the states after the line was written by one of these, with hidden steps before it."""
        for client in dict.fromkeys(client for _, client in self.hidden(state, (line,), actors) if client is not None):
            if isinstance(state.cluster[CALLS[client]], Request):
                yield from self.sent(state, line, client)
        for after, client in self.steps_to(state, (line, *self.early(line)), actors):
            yield from self.sent(after, line, client)

    def steps_to(
        self, state: State, lines: tuple[Line, ...], actors: tuple[Component, ...]
    ) -> Iterator[tuple[State, str]]:
        """Yield the states in which a request is sent, after hidden steps, with the client.

        The requests of the lines but the first may be on their way then.
        """
        hidden = self.hidden(state, lines, actors)
        queue, known = deque([state.cluster]), {state.cluster}
        while queue and len(known) < MOST_HIDDEN:
            cluster = queue.popleft()
            self.states += 1
            for action, client in hidden:
                after = action(cluster)
                if after is None:
                    continue
                if client is not None and isinstance(request := after[CALLS[client]], Request):
                    sent = attrs.evolve(state, cluster=after)
                    yield sent, client
                    if not any(request.key and not_asked(sent, later, request) is None for later in lines[1:]):
                        continue
                if after not in known:
                    known.add(after)
                    queue.append(after)

    def sent(self, state: State, line: Line, client: str) -> Iterator[State]:
        """Yield the state after the client's request was carried out, if it is that of the line."""
        request = state.cluster[CALLS[client]]
        assert isinstance(request, Request)
        why = not_asked(state, line, request)
        if why is not None:
            self.why[line.number] = why
            return
        carried = carry_out(state.cluster, client)
        if line.changes:  # what was refused has no name
            state = state.with_name(line.key, carried.answer.key)
            if request.key:  # of a name that stands for a content, the end is its hash, which labels may have alone
                state = state.with_name(*(key.rpartition("-")[2] for key in (line.key, carried.answer.key)))
        difference = differs(state, line, carried)
        if difference is None:
            yield attrs.evolve(state, cluster=carried.cluster)
        else:
            self.why[line.number] = difference

    def early(self, line: Line) -> tuple[Line, ...]:
        """Return the lines that come later, by whose requests were received when that of the line was, or before it."""
        later = self.lines[line.number : line.number + FURTHEST]
        return tuple(
            each for each in later if (each.by, each.target) == (line.by, line.target) and each.at <= line.at + OVERLAP
        )

    def hidden(
        self, state: State, lines: tuple[Line, ...], actors: tuple[Component, ...]
    ) -> list[tuple[Action, str | None]]:
        """Return the steps of the lines' actor about their objects, each with its client if it is of a call."""
        keys = {None, *(state.said(line.key) for line in lines)}
        found = (self.steps_of(component, lines[0].by, lines[0].resource) for component in actors)
        return [*dict.fromkeys((action, client) for steps in found for action, client, about in steps if about in keys)]

    def steps_of(self, component: Component, user: str, resource: str) -> list[Helpful]:
        """Return the steps by which a component comes to write objects of a resource as this user.

        Each is given with its client, if it is of a call, and with the name of the object that it is about, if it is
        about one of them.
        """
        if (component, user, resource) not in self.known_steps:
            self.known_steps[component, user, resource] = [*steps_of(self.played, component, user, resource)]
        return self.known_steps[component, user, resource]


def steps_of(played: Played, component: Component, user: str, resource: str) -> Iterator[Helpful]:
    """Yield them, as `_Search.steps_of` has them."""
    where = next(node for users in component.users for name, node in instances(users, played.plan) if name == user)
    watcher = component.process.format(node=where)
    of = kind_named(resource).singular
    names = {caller: caller.receives.parameters for caller in component.callers}
    writers = {of, *(kind.singular for kind in KINDS if resource in kind.makes)}  # it, and what makes it
    wanted = [caller for caller in component.callers if names[caller][-1] in writers] or component.callers
    identity = {name for caller in wanted for name in names[caller]}
    others = {name for caller in component.callers for name in names[caller]} - identity
    calls = {step: caller for caller in wanted for step in (*caller.sends, caller.receives)}
    own = {step for steps in component.steps for step in steps.transitions}
    kinds = {action.arguments.get("kind") for action in played.actions if action.transition in own | calls.keys()}
    for action in played.actions:
        arguments = action.arguments
        if arguments.keys() == {"watcher", "resource"}:
            if arguments["watcher"] == watcher and arguments["resource"] in component.watched(played.plan):
                yield action, None, None
            continue
        if others & arguments.keys() or (where is not None and arguments.get("node", where) != where):
            continue
        about = arguments.get(of) if of in identity else None
        if of in kinds and "kind" in arguments:
            if arguments["kind"] != of:
                continue
            about = arguments["name"]
        if action.transition in calls:
            caller = calls[action.transition]
            yield action, caller.client(*(arguments[name] for name in names[caller])), about
        elif action.transition in own:
            yield action, None, about


def is_deleted_again(state: State, line: Line) -> bool:
    """Tell whether a line is the refused deletion of what is being deleted: the model's collector asks for none.

    Upstream its graph may not show yet what the shared cache does [garbagecollector/graph_builder.go graphChanges].
    """
    cell = stored(line.resource)[state.said(line.key)]
    there = state.cluster[cell] if state.cluster.has(cell) else None
    return line.verb == "delete" and line.agent not in PEOPLE and there is not None and there.metadata.deleting


def not_asked(state: State, line: Line, request: Request) -> str | None:
    """Return why a request is not the one of the line; None if it is."""
    key = state.said(line.key)
    if (request.user, request.verb, request.resource, request.subresource) != (
        *(line.by, line.verb, line.resource),
        line.subresource,
    ):
        return f"the model asks to {request.verb} {request.target}"
    is_new = line.verb == "create" and not state.cluster.has(stored(line.resource)[key])
    if not (request.key in ("", key) or is_new) or (
        not request.key and line.changes and line.changes[-1].before is not None
    ):
        return f"the model asks to {request.verb} {request.target}"
    if isinstance(request.body, Binding) and request.body.node != line.node:
        return f"the model binds to {request.body.node}"
    there = state.cluster[stored(request.resource)[request.key]] if request.key else None
    if line.same_version is not None and request.uid is None:
        line = attrs.evolve(line, same_uid=None)  # a version is one of one object only
    conditions = [
        ("UID", line.same_uid, request.uid, None if there is None else there.metadata.uid),
        (
            "version",
            line.same_version,
            request.resource_version,
            None if there is None else there.metadata.resource_version,
        ),
    ]
    for what, recorded, condition, now in conditions:
        met = None if condition is None else condition == now
        if met != recorded:
            words = {None: "no condition", True: "the current one as its condition", False: "an old one"}
            return f"the request has as to the {what} {words[met]}, recorded {words[recorded]}"
    if request.propagation != line.propagation:
        said, recorded_as = (each or "nothing" for each in (request.propagation, line.propagation))
        return f"the request says {said} of dependents, recorded {recorded_as}"
    if request.grace_seconds != line.grace_seconds:
        return f"the request has a grace period of {request.grace_seconds}, recorded {line.grace_seconds}"
    return None
