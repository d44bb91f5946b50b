"""A controller of a user's own: a plain function, run as Kubernetes' controllers are, as a component of the house.

Models: a work queue that holds a key once, fed by the events of what is watched, of what is owned, and of what is
mapped; workers that take a key and run the function, never two of them for one key; caches that are read as the
function asks, all reads between two calls at once, since nobody can tell; each call in its five steps; a live read as
one step of its own. A run that fails is tried again, as often as `retries` says (None: always); a restart forgets the
queue, the runs and the caches.

Leaves out: back-off and `after` in seconds (there are no clocks: the next run may come at any time); rate limits, the
order of the queue (any key may be next); periodic resyncs. What a run was told is kept until it ends.

Upstream: staging/src/k8s.io/client-go/util/workqueue/queue.go, 1.34; kubernetes-sigs/controller-runtime
pkg/internal/controller/controller.go, 0.22.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from kmodel.controllers.changes import object_of
from kmodel.controllers.client import Client, Question, kind_in
from kmodel.controllers.rehearsal import Rehearsal, rehearse
from kmodel.controllers.running import NOT_DETERMINISTIC, Answered, Code, History, Replay, RunEnd, run
from kmodel.kernel import Cell, Cells, Cluster, Event, ModelError, Step, Transition, transition
from kmodel.kernel.errors import place_of
from kmodel.kernel.values import identity, plain
from kmodel.kubernetes.components.calls import CALLS, Request, Response, clients, idle, received, send
from kmodel.kubernetes.components.component import ANY, NOTHING, Binding, Caller, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.controllers.garbage_collector import USER as COLLECTOR
from kmodel.kubernetes.components.controllers.garbage_collector import rights as collected
from kmodel.kubernetes.components.etcd import QUEUES, Watch
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import synced
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import restart
from kmodel.kubernetes.objects import KINDS, ApiObject, Kind
from kmodel.kubernetes.objects import key as key_of

USER = "system:serviceaccount:default:"
VERBS = ("create", "update", "patch", "delete")


@attrs.frozen(cache_hash=True)
class Failures:
    """How often the runs for a key have failed in a row, if that is counted, and what the last one raised.

    `is_bug` tells whether that is no answer of the api-server, but a mistake such as a TypeError.
    """

    count: int = 0
    error: str = ""
    is_bug: bool = False


@attrs.frozen(cache_hash=True)
class Desired:
    """What a controller makes of one version of an object in a rehearsal: so many objects whose keys begin so.

    `copies` is None where that depends on more; `finalizers` are those it has put on the object.
    """

    owner: str
    desired: Any
    finalizers: tuple[str, ...] = ()
    resource: str = ""
    prefix: str = ""
    copies: int | None = None
    generated: bool = False


WANTED: Cells[tuple[Desired, ...]] = Cells("controllers/wanted")  # by controller; a constant
ABOUT: Cells[str] = Cells("controllers/resource")  # the resource that a controller is about; a constant
QUEUED: Cells[bool] = Cells("controllers/queued")  # by controller and key
HISTORY: Cells[History | None] = Cells("controllers/history")  # of the run that goes on; None: there is none
FAILURES: Cells[Failures] = Cells("controllers/failures")

Keys = Callable[[Any], Iterable[str]]


def is_running(history: History | None) -> bool:
    """The projection of a history on whether there is a run."""
    return history is not None


@attrs.frozen(eq=False)
class Controller:
    """A function that reconciles objects of a kind, and what becomes of it: a component, and the fault that hits it."""

    code: Code
    name: str
    kind: Kind[Any]
    owns: tuple[Kind[Any], ...] = ()
    maps: tuple[tuple[Kind[Any], Keys], ...] = ()
    uses: tuple[Kind[Any], ...] = ()
    retries: int | None = None
    workers: int = 1
    makes: Keys | None = None
    _rehearsals: dict[Any, Rehearsal] = attrs.field(init=False, factory=dict)
    component: Component = attrs.field(init=False)
    fault: Fault = attrs.field(init=False)

    def __call__(self, client: Client, key: str) -> Any:
        """Run the function, as a test of it may."""
        return self.code(client, key)

    @property
    def user(self) -> str:
        """The user it acts as."""
        return USER + self.name

    @property
    def kinds(self) -> tuple[Kind[Any], ...]:
        """The kinds that it may name by a text: those that come with kmodel, and those it was given."""
        given = (self.kind, *self.owns, *(kind for kind, _ in self.maps), *self.uses)
        return tuple(dict.fromkeys((*given, *KINDS)))

    @property
    def watched(self) -> tuple[str, ...]:
        """The resources that its informer watches."""
        kinds = (self.kind, *self.owns, *(kind for kind, _ in self.maps))
        return tuple(dict.fromkeys(kind.resource for kind in kinds))

    @property
    def client_of(self) -> Callable[..., str]:
        """By which client it calls for a key."""
        return clients(f"{self.name}/{{}}")

    def keys(self, plan: Plan) -> list[Binding]:
        """Return the keys that it may be run for."""
        return [(key,) for key in plan.keys(self.kind.resource)] if self.kind.resource in plan.resources else []

    def cells(self, plan: Plan) -> list[Binding]:
        """Return the keys of its cells."""
        return [(self.name, key) for (key,) in self.keys(plan)]

    def foresee(self, value: ApiObject) -> list[ApiObject]:
        """Return what it makes of an object."""
        if value.kind != self.kind.kind:
            return []
        more = () if self.makes is None else self.makes(value)
        where = place_of(self.code)
        said = [object_of(each, self.kinds, where) for each in more]
        return [*self.rehearse(value).made, *said]

    def rehearse(self, value: ApiObject) -> Rehearsal:
        """Return what it makes of an object, alone with it and without any faults."""
        if value not in self._rehearsals:
            self._rehearsals[value] = rehearse(self.code, self.kinds, self.kind, value)
        return self._rehearsals[value]

    def constants(self, plan: Plan) -> dict[Cell[Any], Any]:
        """Return what it makes of each object, in all versions."""
        there = plan.objects(self.kind.resource)
        return {
            WANTED[self.name]: tuple(each for value in there for each in self._wanted(value)),
            ABOUT[self.name]: self.kind.resource,
        }

    def _wanted(self, value: ApiObject) -> Iterable[Desired]:
        rehearsal = self.rehearse(value)
        owner, desired = value.metadata.key, value.defaulted().desired
        yield Desired(owner, desired, rehearsal.finalizers)
        templates = {each.metadata.generate_name for each in rehearsal.made if not each.metadata.name}
        counted: dict[tuple[str, str, bool], int] = {}
        for child in rehearsal.kept:
            if child.metadata.owner is None:
                continue
            begins = [each for each in templates if child.metadata.name.startswith(each)]
            prefix = key_of(max(begins, key=len) if begins else child.metadata.name, child.metadata.namespace)
            of = kind_in(child.kind, self.kinds, place_of(self.code)).resource, prefix, bool(begins)
            counted[of] = counted.get(of, 0) + 1
        for (resource, prefix, generated), copies in counted.items():
            sure = copies if rehearsal.settled else None
            yield Desired(owner, desired, rehearsal.finalizers, resource, prefix, sure, generated)

    @component.default
    def _component(self) -> Component:
        actions = _Actions(self)
        rights = frozenset(
            (verb, f"{kind.resource}{part}") for kind in self.kinds for part in ("", "/status") for verb in VERBS
        )
        return Component(
            self.name,
            users={self.user: rights, COLLECTOR: collected(*self.watched, *(kind.resource for kind in self.uses))},
            watches=self.watched,
            on_change=actions.on_change,
            memory=(
                Memory(QUEUED, self.cells, False, mentions=NOTHING),
                Memory(HISTORY, self.cells, None, mentions=ANY, holds_names=True),
                Memory(FAILURES, self.cells, Failures(), mentions=NOTHING),
            ),
            callers=(Caller((actions.start, actions.look), actions.learn, self.client_of, self.keys, turn=9),),
            makes=self.foresee,
            owns={self.kind.resource: tuple(kind.resource for kind in (*self.owns, *self.uses))},
            constants=self.constants,
            needed=lambda plan: None if plan.objects(self.kind.resource) else f"there is no {self.kind.kind}",
        )

    @fault.default
    def _restart(self) -> Fault:
        name = f"{self.name}-restart"

        def crash(cluster: Cluster) -> Cluster | None:
            """The controller restarts: queue, caches and what it was about to do are gone; a call under way goes on."""
            spent = spend(cluster, name)
            return None if spent is None else restart(spent, self.name)

        crash.__name__ = f"restart_{self.name.replace('-', '_')}"
        step = transition(actor=FAULT, object=self.name, environment=True)(crash)
        return Fault(name, (Steps((step,)),), kills=(self.name,))


class _Actions:
    """The steps of a controller."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self._asked: dict[Any, tuple[str, str, Any]] = {}  # what it asked, by what it had been told
        about = f"{controller.kind.singular}/{{key}}"
        named = controller.code.__name__

        def start(cluster: Cluster, key: str) -> Cluster | None:
            """Take a key off the work queue, and run as far as the first call."""
            return self._start(cluster, key)

        def look(cluster: Cluster, key: str) -> Cluster | None:
            """Read what the api-server has now, and run as far as the next call."""
            return self._look(cluster, key)

        def learn(cluster: Cluster, key: str) -> Cluster | None:
            """Receive the answer, and run as far as the next call."""
            return self._learn(cluster, key)

        for function, name in ((start, named), (look, f"{named}_reads"), (learn, f"{named}_goes_on")):
            function.__name__ = name
        made = [transition(actor=controller.name, object=about, describe=self._told) for _ in range(3)]
        self.start: Transition = made[0](start)
        self.look: Transition = made[1](look)
        self.learn: Transition = made[2](learn)

    def on_change(self, cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
        """Put on the work queue whom a change concerns."""
        controller = self.controller
        if watch.resource == controller.kind.resource:
            cluster = self._enqueue(cluster, key)
        if any(watch.resource == kind.resource for kind in controller.owns):
            for value in (old, new):
                owner = None if value is None else value.metadata.owner
                if owner is not None and owner.kind == controller.kind.kind:
                    cluster = self._enqueue(cluster, owner.name)
        for kind, keys in controller.maps:
            if watch.resource == kind.resource:
                for value in (old, new):
                    for each in () if value is None else keys(value):
                        cluster = self._enqueue(cluster, each)
        return cluster

    def _enqueue(self, cluster: Cluster, key: str) -> Cluster:
        cell = QUEUED[self.controller.name, key]
        return cluster.set(cell, True) if cluster.has(cell) else cluster

    def _start(self, cluster: Cluster, key: str) -> Cluster | None:
        name = self.controller.name
        if not cluster[QUEUED[name, key]] or cluster.look(HISTORY[name, key], is_running):
            return None
        if not synced(cluster, name, *(each for each in self.controller.watched if cluster.has(QUEUES[name, each]))):
            return None
        if self._busy(cluster, key) >= self.controller.workers:
            return None
        return self._run(cluster.set(QUEUED[name, key], False), key, ())

    def _busy(self, cluster: Cluster, key: str) -> int:
        others = [each for each in cluster.layout.keys(HISTORY) if each[0] == self.controller.name and each[1] != key]
        if len(others) < self.controller.workers:
            return 0
        return sum(cluster.look(HISTORY[each], is_running) for each in others)

    def _look(self, cluster: Cluster, key: str) -> Cluster | None:
        if not cluster.look(HISTORY[self.controller.name, key], is_running):
            return None
        if not idle(cluster, self.controller.client_of(key)):
            return None
        return self._run(cluster, key, self._answers(cluster, key), may_look=True)

    def _learn(self, cluster: Cluster, key: str) -> Cluster | None:
        client = self.controller.client_of(key)
        response = received(cluster, client)
        if response is None:
            return None
        return self._run(cluster.set(CALLS[client], None), key, self._answers(cluster, key), response=response)

    def _answers(self, cluster: Cluster, key: str) -> tuple[Answered, ...]:
        history = cluster[HISTORY[self.controller.name, key]]
        assert history is not None
        return history.answers

    def _run(
        self,
        cluster: Cluster,
        key: str,
        answers: tuple[Answered, ...],
        response: Response | None = None,
        may_look: bool = False,
    ) -> Cluster:
        controller = self.controller
        replay = Replay(cluster, controller.name, controller.watched, list(answers), response, may_look)
        outcome = run(replay, controller.code, key, Client(replay, controller.user, controller.kinds))
        cell = HISTORY[controller.name, key]
        if replay.stopped_at is not None:
            self._compare(key, outcome.history, replay.stopped_at)
        if outcome.request is not None:
            return send(cluster.set(cell, outcome.history), controller.client_of(key), outcome.request)
        if outcome.waits:
            return cluster.set(cell, outcome.history)
        return self._end(cluster.set(cell, None), key, outcome)

    def _compare(self, key: str, history: History, question: Question) -> None:
        """Raise ModelError if on the same answers the code asked for something else before."""
        known = identity(plain(history, lambda: f"what {self.controller.name} was told"))
        request = identity(plain(question.request, lambda: f"what {self.controller.name} asks"))
        said, line, before = self._asked.setdefault((key, known), (question.said, question.line, request))
        if (said, line, before) != (question.said, question.line, request):
            raise ModelError(NOT_DETERMINISTIC.format(question.line, question.said, said, line))

    def _end(self, cluster: Cluster, key: str, outcome: RunEnd) -> Cluster:
        controller, cell = self.controller, FAILURES[self.controller.name, key]
        if not outcome.error:
            cluster = cluster.set(cell, Failures())
            return cluster.set(QUEUED[controller.name, key], True) if outcome.again else cluster
        failed = cluster[cell].count
        if controller.retries is not None and failed >= controller.retries:
            return cluster.set(cell, Failures())  # given up, until something changes
        count = 0 if controller.retries is None else failed + 1
        return cluster.set(cell, Failures(count, outcome.error, outcome.is_bug)).set(QUEUED[controller.name, key], True)

    def _told(self, step: Step) -> Event:
        name, key = self.controller.name, step.action.arguments["key"]
        about = f"{self.controller.kind.singular}/{key}"
        answer = received(step.before, self.controller.client_of(key))
        heard = "" if answer is None else f"{answer.verb} {answer.resource}/{answer.key}: {answer.said}; "
        call = step.after[CALLS[self.controller.client_of(key)]]
        if isinstance(call, Request):
            return Event("Normal", "Reconciling", about, f"{heard}asks to {call.verb} {call.target}")
        if step.after[HISTORY[name, key]] is not None:
            return Event("Normal", "Reconciling", about, f"{heard}is about to read what the api-server has")
        error = step.after[FAILURES[name, key]].error
        if error:
            return Event("Warning", "ReconcileError", about, f"{heard}fails, and will be tried again: {error}")
        return Event("Normal", "Reconciled", about, f"{heard}is done")


def controller(
    *,
    watches: Kind[Any] | str,
    owns: Sequence[Kind[Any] | str] = (),
    maps: Mapping[Any, Keys] | None = None,
    uses: Sequence[Kind[Any] | str] = (),
    name: str = "",
    retries: int | None = None,
    workers: int = 1,
    makes: Keys | None = None,
) -> Callable[[Code], Controller]:
    """Make a controller of a function `reconcile(client, key)`, which is run for each object of the kind it watches.

    - `owns` are the kinds of what it makes: a change of one puts the key of the owner that controls it on the queue.
    - `maps` says for further kinds, by a function, which keys a change of one concerns; `uses` are kinds that it writes
      and does not watch. A kind is a `custom_kind`, or a text such as `apps/v1/ReplicaSet`.
    - `retries` is how often a run that fails is tried again; None: always. `workers` run at once, for different keys.
    - `makes` returns manifests of what it may make of an object, where a rehearsal without faults does not show it.

    A restart of it is the fault `NAME-restart`; the name is that of the function, unless one is given.
    """

    def decorate(function: Code) -> Controller:
        where = place_of(function)
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) != 2:
            raise ModelError(f"{where}: takes {', '.join(parameters) or 'nothing'}; write def reconcile(client, key)")
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise ModelError(f"{where}: is no plain function; write it with `def`, without `yield`")
        named = tuple(kind for kind in (watches, *owns, *(maps or {}), *uses) if isinstance(kind, Kind))
        known = tuple(dict.fromkeys((*named, *KINDS)))
        return Controller(
            function,
            name or function.__name__.replace("_", "-"),
            kind_in(watches, known, where),
            tuple(kind_in(each, known, where) for each in owns),
            tuple((kind_in(each, known, where), keys) for each, keys in (maps or {}).items()),
            tuple(kind_in(each, known, where) for each in uses),
            retries,
            workers,
            makes,
        )

    return decorate
