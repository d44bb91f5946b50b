"""A controller of a user's own: a plain function, run as Kubernetes' controllers are, as a component of the house.

Models: a work queue that holds a key once, fed by the events of what is watched, of what is owned, and of what is
mapped; workers that take a key and run the function, never two of them for one key; caches that are read as the
function asks, all reads between two calls at once, since nobody can tell; each call in its five steps; a live read as
one step of its own. A run that fails is tried again, as often as `retries` says (None: always); a restart forgets the
queue, the runs and the caches.

Leaves out: back-off and `after` in seconds (there are no clocks: the next run may come at any time); rate limits, the
order of the queue (any key may be next); the period of resyncs, which come as often as their fault says. What a run was
told is kept until it ends.

Upstream: staging/src/k8s.io/client-go/util/workqueue/queue.go, 1.34; kubernetes-sigs/controller-runtime
pkg/internal/controller/controller.go, 0.22.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from kmodel.controllers.changes import object_of
from kmodel.controllers.client import Client, kind_in
from kmodel.controllers.controller_cells import ABOUT, FAILURES, HISTORY, QUEUED, WANTED, WRITTEN, Desired, Failures
from kmodel.controllers.controller_steps import Actions
from kmodel.controllers.rehearsal import Rehearsal, rehearse
from kmodel.controllers.remembered import Remembered
from kmodel.controllers.running import Code
from kmodel.kernel import Cell, Cluster, ModelError, transition
from kmodel.kernel.errors import place_of
from kmodel.kubernetes.components.calls import clients
from kmodel.kubernetes.components.component import ANY, NOTHING, Binding, Caller, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.controllers.garbage_collector import USER as COLLECTOR
from kmodel.kubernetes.components.controllers.garbage_collector import rights as collected
from kmodel.kubernetes.components.faults import FAULT, spend
from kmodel.kubernetes.components.informer import in_cache
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import fail_over, restart
from kmodel.kubernetes.objects import KINDS, ApiObject, Kind
from kmodel.kubernetes.objects import key as key_of

USER = "system:serviceaccount:default:"
VERBS = ("create", "update", "patch", "delete")


Keys = Callable[[Any], Iterable[str]]
Mapped = Mapping[Any, Keys | None]


@attrs.frozen(eq=False)
class Controller:
    """A function that reconciles objects of a kind, and what becomes of it: a component, and the fault that hits it."""

    code: Code
    name: str
    kind: Kind[Any]
    owns: tuple[Kind[Any], ...] = ()
    maps: tuple[tuple[Kind[Any], Keys | None], ...] = ()
    uses: tuple[Kind[Any], ...] = ()
    retries: int | None = None
    workers: int = 1
    makes: Keys | None = None
    reads_own_writes: bool = False
    instances: int = 1
    _rehearsals: Remembered = attrs.field(init=False, factory=Remembered)
    component: Component = attrs.field(init=False)
    faults: tuple[Fault, ...] = attrs.field(init=False)

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
    def written(self) -> tuple[str, ...]:
        """The resources that it may write."""
        return tuple(dict.fromkeys((*self.watched, *(kind.resource for kind in self.uses))))

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
        known: dict[Any, Rehearsal] = self._rehearsals.values
        if value not in known:
            known[value] = rehearse(self.code, self.kinds, self.kind, value)
        return known[value]

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
        actions = Actions(self)
        rights = frozenset(
            (verb, f"{kind.resource}{part}") for kind in self.kinds for part in ("", "/status") for verb in VERBS
        )
        return Component(
            self.name,
            users={self.user: rights, COLLECTOR: collected(*self.written)},
            watches=self.watched,
            on_change=actions.on_change,
            memory=(
                Memory(QUEUED, self.cells, False, mentions=NOTHING),
                Memory(HISTORY, self.cells, None, mentions=ANY, holds_names=True),
                Memory(FAILURES, self.cells, Failures(), mentions=NOTHING),
                Memory(
                    WRITTEN,
                    self.cells,
                    frozenset(),
                    mentions=NOTHING,
                    holds_names=True,
                    when=lambda plan: self.reads_own_writes,
                ),
            ),
            callers=(Caller((actions.start, actions.look), actions.learn, self.client_of, self.keys, turn=9),),
            makes=self.foresee,
            owns={self.kind.resource: tuple(kind.resource for kind in (*self.owns, *self.uses))},
            constants=self.constants,
            needed=lambda plan: None if plan.objects(self.kind.resource) else f"there is no {self.kind.kind}",
        )

    @faults.default
    def _faults(self) -> tuple[Fault, ...]:
        def crash(cluster: Cluster) -> Cluster | None:
            """The controller restarts: queue, caches and what it was about to do are gone; a call under way goes on."""
            spent = spend(cluster, f"{self.name}-restart")
            return None if spent is None else restart(spent, self.name)

        def lead(cluster: Cluster) -> Cluster | None:
            """Another instance takes over: it knows as much, has all keys on its queue, and runs from the start."""
            spent = spend(cluster, f"{self.name}-failover")
            if spent is None:
                return None
            spent = fail_over(spent, self.name)
            return self._with_keys(spent, lambda _: True)

        def resync(cluster: Cluster) -> Cluster | None:
            """The informer tells of all that its cache holds once more: each of these keys is put on the queue."""
            spent = spend(cluster, f"{self.name}-resync")
            if spent is None:
                return None
            return self._with_keys(spent, lambda key: in_cache(cluster, self.name, self.kind, key) is not None)

        word = self.name.replace("-", "_")
        crash.__name__, lead.__name__, resync.__name__ = f"restart_{word}", f"fail_over_{word}", f"resync_{word}"
        of_fault = transition(actor=FAULT, object=self.name, environment=True)

        def fault(what: str, step: Callable[..., Cluster | None], kills: tuple[str, ...] = ()) -> Fault:
            return Fault(f"{self.name}-{what}", (Steps((of_fault(step),)),), hits=(self.name,), kills=kills)

        made = (fault("restart", crash, (self.name,)), fault("resync", resync))
        return (*made, fault("failover", lead, (self.name,))) if self.instances > 1 else made

    def _with_keys(self, cluster: Cluster, wanted: Callable[[str], bool]) -> Cluster:
        """Return the cluster with those of its keys that are wanted on the work queue."""
        for name, key in cluster.layout.keys(QUEUED):
            if name == self.name and wanted(key):
                cluster = cluster.set(QUEUED[name, key], True)
        return cluster


def controller(
    *,
    watches: Kind[Any] | str,
    owns: Sequence[Kind[Any] | str] = (),
    maps: Mapped | None = None,
    uses: Sequence[Kind[Any] | str] = (),
    name: str = "",
    retries: int | None = None,
    workers: int = 1,
    makes: Keys | None = None,
    reads_own_writes: bool = False,
    instances: int = 1,
) -> Callable[[Code], Controller]:
    """Make a controller of a function `reconcile(client, key)`, which is run for each object of the kind it watches.

    - `owns` are the kinds of what it makes: a change of one puts the key of the owner that controls it on the queue.
    - `maps` says for further kinds, by a function, which keys a change of one concerns (None: all that there are);
      `uses` are kinds that it writes and does not watch. A kind is a `custom_kind`, or a text such as
      `apps/v1/ReplicaSet`.
    - `retries` is how often a run that fails is tried again; None: always. `workers` run at once, for different keys.
    - `makes` returns manifests of what it may make of an object, where a rehearsal without faults does not show it.
    - With `reads_own_writes` no run for a key begins before the caches show what the last one wrote (KEP-5647;
      controller-runtime's EnableReadYourWritesConsistency). What had no answer, or was before a restart, does not
      count.

    A restart of it is the fault `NAME-restart`, a resync of its informer `NAME-resync`; where there are several
    `instances`, of which one leads, another takes over by `NAME-failover`. The name is that of the function, unless one
    is given; the function may be `async`.
    """

    def decorate(function: Code) -> Controller:
        where = place_of(function)
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) != 2:
            raise ModelError(f"{where}: takes {', '.join(parameters) or 'nothing'}; write def reconcile(client, key)")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ModelError(f"{where}: is a generator; leave out `yield`, and call the client")
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
            reads_own_writes,
            instances,
        )

    return decorate
