"""Leader election: of several schedulers or controller managers one holds a lease, which others take when it runs out.

Models: a Lease per program; a candidate that sees it run out, and writes it under the condition that nobody has written
it since (compare-and-swap on the version); where calls are split, by a call, any step of which may be late or lost, on
the version that it read, so that it may hold the lease and not know; a leader that renews it; one that finds that
another holds it, and so exits and starts again (OnStoppedLeading); one that is paused at any time, in the middle of
what it does too, and goes on later. No clock: to a candidate the lease runs out when its holder is paused or has
restarted, and so renews nothing. Nobody asks between two writes whether it still leads, so that one which was paused
acts beside its successor until it finds out: the lease fences nothing [leaderelection.go, package comment]. One that
cannot renew, since nobody can write to etcd, exits, too. The informers of a scheduler run before it leads; those of a
controller manager start when it does. What befalls a program befalls any of its instances: each may restart, and the
leader may exit in good order, whereby a scheduler releases the lease (ReleaseOnCancel): to the others it has run out at
once.

Leaves out: clocks that run at different speeds (a lease that runs out while its holder is well, or while it waits for
the answer by which it would hold it: its client gives up first); coordinated leader election; a controller manager that
releases its lease (alpha in 1.36); renewals that nobody's call is in the way of; an answer that a release is waited
for.

Upstream: staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go, 1.34;
cmd/kube-controller-manager/app/controllermanager.go, read in 1.33 in the making (a fork at 0b0abd6c);
cmd/kube-scheduler/app/{server.go,options/options.go}, not read in a release that could be dated; 1.34.4 by the
recordings kcm-killed and scheduler-killed.
"""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from kmodel.kernel import FAULT, Cells, Cluster, Rank, Step, Transition, fresh, transition
from kmodel.kubernetes.components.apiserver import read
from kmodel.kubernetes.components.apiserver.access import SCHEDULER_USER
from kmodel.kubernetes.components.apiserver.crashes import lose_calls
from kmodel.kubernetes.components.apiserver.watch_cache import SERVERS, server_of
from kmodel.kubernetes.components.calls import CALLS, Request, Transaction, clients, idle, received, send
from kmodel.kubernetes.components.component import NOTHING, Binding, Caller, Component, Fault, Memory, Steps
from kmodel.kubernetes.components.control_nodes import is_connected, is_up
from kmodel.kubernetes.components.etcd import QUEUES, WATCHES, stored, version
from kmodel.kubernetes.components.faults import spend
from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER, has_caught_up
from kmodel.kubernetes.components.instances import Instance, OwnStep, names, run_by
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.processes import PROCESSES, restart
from kmodel.kubernetes.components.quorum import serves
from kmodel.kubernetes.components.serving import is_away
from kmodel.kubernetes.components.settings import SETTINGS, Settings
from kmodel.kubernetes.objects import LEASE
from kmodel.kubernetes.objects.kind import renewals
from kmodel.kubernetes.objects.lease import lease_of

SCHEDULER = "kube-scheduler"
STANDBY, WAITING, LEADING = "standby", "waiting for its caches", "leading"
RUN_OUT, OUTDATED = "run out", "written since"
LEASES = stored(LEASE)  # where calls are split, with the holder in the object
MOST = 5  # instances of one program


@attrs.frozen(cache_hash=True)
class Candidate:
    """An instance: whether it takes itself for the leader, what it saw of the lease, and whether it is paused."""

    state: str = STANDBY
    saw: str | None = None  # that the lease has run out; or that, and it has been written since
    paused: bool = False


@attrs.frozen(eq=False)
class Elected:
    """A program that may run in several instances: how many, and whether those that do not lead list and watch.

    `releases` tells whether a leader that exits gives up the lease, and `faults` is how the names of the faults that
    befall it begin. `user` is as whom it writes its lease.
    """

    process: str
    user: str
    count: Callable[[Settings], int]
    is_warm: bool
    releases: bool
    faults: str

    def instances(self, plan: Plan) -> tuple[Binding, ...]:
        """Return the names of its instances, if there are several."""
        count = self.count(plan.settings)
        return tuple((name,) for name in names(self.process, count)) if count > 1 else ()


ELECTED = (
    Elected(
        SCHEDULER, SCHEDULER_USER, lambda settings: settings.schedulers, is_warm=True, releases=True, faults="scheduler"
    ),
    Elected(
        CONTROLLER_MANAGER,
        f"system:{CONTROLLER_MANAGER}",
        lambda settings: settings.controller_managers,
        is_warm=False,
        releases=False,
        faults="controller",
    ),
)
EVERYBODY = tuple(name for each in ELECTED for name in names(each.process, MOST))
# Faults after which a leader may find that it cannot renew its lease.
NOBODY_RENEWS = ("member-crash", "slow-disk", "control-node-crash", "control-node-partition", "apiserver-outage")
HOLDERS: Cells[str] = Cells("leases of leaders")  # by process, who wrote the lease last; where calls are fused
CANDIDATES: Cells[Candidate] = Cells("candidates")  # by process and instance


def as_its_program(step: Step) -> Step:
    """Return a step of a further instance, or about a call of it, as that of the first; any other step as it is."""
    for name in (step.action.actor, step.action.arguments.get("client", "")):
        instance = name.partition("/")[0]
        for process, known in step.before.layout.keys(CANDIDATES):
            if known == instance != process:
                return OwnStep.of(step, Instance(instance, process))
    return step


def program_of(instance: str) -> Elected:
    """Return the program that an instance is one of."""
    return next(each for each in ELECTED if instance.startswith(each.process))


def process_of(instance: str) -> str:
    """Return the process that an instance is one of."""
    return program_of(instance).process


def candidate(cluster: Cluster, instance: str) -> Candidate:
    """Return what an instance knows of itself."""
    return cluster[CANDIDATES[process_of(instance), instance]]


def lives(cluster: Cluster, instance: str) -> bool:
    """Tell whether an instance is not paused, and its control node up."""
    return not candidate(cluster, instance).paused and is_up(cluster, instance)


def acts(cluster: Cluster, instance: str) -> bool:
    """Tell whether an instance takes itself for the leader, and is not paused."""
    return candidate(cluster, instance).state == LEADING and lives(cluster, instance)


def leads_or_waits(cluster: Cluster, instance: str) -> bool:
    """Tell whether an instance has won the lease, as far as it knows, and is not paused."""
    return candidate(cluster, instance).state != STANDBY and lives(cluster, instance)


def _can_write(cluster: Cluster, instance: str) -> bool:
    """Tell whether an instance can write its lease: an api-server is up, etcd serves, and both can be reached."""
    servers = cluster[SERVERS]
    up = not servers or any(is_up(cluster, server) for server in servers)
    return up and is_connected(cluster, instance) and not is_away(cluster) and serves(cluster)


def _set(cluster: Cluster, instance: str, **changes: object) -> Cluster:
    return cluster.update(CANDIDATES[process_of(instance), instance], **changes)


def _others(cluster: Cluster, instance: str) -> Iterator[str]:
    process = process_of(instance)
    return (other for known, other in cluster.layout.keys(CANDIDATES) if known == process and other != instance)


def outdated(found: Candidate) -> Candidate:
    """The update of a candidate when somebody writes the lease."""
    return attrs.evolve(found, saw=OUTDATED) if found.saw == RUN_OUT else found


def _written(cluster: Cluster, instance: str) -> Cluster:
    """Return the cluster in which what others saw of the lease is no longer what is stored."""
    for other in _others(cluster, instance):
        cluster = cluster.modify(CANDIDATES[process_of(instance), other], outdated)
    return cluster


def holder_of(cluster: Cluster, process: str) -> str:
    """Return the instance that wrote the lease of a program last."""
    if cluster.has(HOLDERS[process]):
        return cluster[HOLDERS[process]]
    lease = cluster[LEASES[lease_of(process)]]
    return "" if lease is None else lease.holder


def _holds(cluster: Cluster, instance: str) -> bool:
    """Tell whether an instance leads, as far as it knows, and wrote the lease last."""
    return leads_or_waits(cluster, instance) and holder_of(cluster, process_of(instance)) == instance


@transition(actor="{instance}", object="lease")
def see_lease_run_out(cluster: Cluster, instance: str) -> Cluster | None:
    """Find that the holder has not renewed the lease for as long as it is good."""
    found = candidate(cluster, instance)
    holder = cluster[HOLDERS[process_of(instance)]]
    if (
        not lives(cluster, instance)
        or found.state != STANDBY
        or found.saw is not None
        or leads_or_waits(cluster, holder)
    ):
        return None
    return _set(cluster, instance, saw=RUN_OUT)


@transition(actor="{instance}", object="lease")
def take_lease(cluster: Cluster, instance: str) -> Cluster | None:
    """Write the lease if nobody has written it since it was seen to run out, and become the leader."""
    found = candidate(cluster, instance)
    if not lives(cluster, instance) or found.saw is None or not _can_write(cluster, instance):
        return None
    if found.saw == OUTDATED:
        return _set(cluster, instance, saw=None)
    cluster = _written(cluster, instance).set(HOLDERS[process_of(instance)], instance)
    return _set(cluster, instance, saw=None, state=_first_state(cluster))


client_of = clients("{}/lease")  # by which an instance writes the lease


def _asks(cluster: Cluster, instance: str, holder: str) -> Cluster:
    """Return the cluster with the call under way that writes the lease, on the condition of the version read now."""
    name = lease_of(process_of(instance))
    lease: Any = read(cluster, LEASE, name)
    body = attrs.evolve(lease, holder=holder, renewed=fresh(cluster, renewals(name)))
    user = program_of(instance).user
    request = Request(user, "update", LEASE.resource, name, body, resource_version=version(lease))
    return send(cluster, client_of(instance), request)


def _may_keep(cluster: Cluster, instance: str) -> bool:
    """Tell whether an instance renews the lease in time, or may soon know that it holds it."""
    if not instance:
        return False  # it was released
    return leads_or_waits(cluster, instance) or (lives(cluster, instance) and not idle(cluster, client_of(instance)))


@transition(actor="{instance}", object="lease")
def ask_for_lease(cluster: Cluster, instance: str) -> Cluster | None:
    """Read the lease, which its holder has not renewed for as long as it is good, and ask to hold it."""
    if not lives(cluster, instance) or candidate(cluster, instance).state != STANDBY:
        return None
    if not idle(cluster, client_of(instance)) or not _can_write(cluster, instance):
        return None
    holder = holder_of(cluster, process_of(instance))
    return None if _may_keep(cluster, holder) else _asks(cluster, instance, instance)


@transition(actor="{instance}", object="lease")
def ask_to_renew(cluster: Cluster, instance: str) -> Cluster | None:
    """Ask to renew the lease, which somebody has asked for who thought that it had run out."""
    if not _holds(cluster, instance) or not idle(cluster, client_of(instance)) or not _can_write(cluster, instance):
        return None
    name = lease_of(process_of(instance))
    now = version(cluster[LEASES[name]])
    calls = (cluster[CALLS[client]] for client in cluster.names(CALLS))
    if not any(isinstance(call, Request | Transaction) and _expects(call, name) == now for call in calls):
        return None
    return _asks(cluster, instance, instance)


def _expects(call: Request | Transaction, name: str) -> Rank | None:
    """Return the version of a lease that is the condition of a call; None of a call about something else."""
    request = call if isinstance(call, Request) else call.request
    return request.resource_version if (request.resource, request.key) == (LEASE.resource, name) else None


@transition(actor="{instance}", object="lease")
def read_lease_answer(cluster: Cluster, instance: str) -> Cluster | None:
    """Learn whether the lease was written: who did not lead begins to; what was refused or lost is tried again."""
    response = received(cluster, client_of(instance))
    if response is None or not lives(cluster, instance):
        return None
    cluster = cluster.set(CALLS[client_of(instance)], None)
    if not response.ok or candidate(cluster, instance).state != STANDBY:
        return cluster
    return _set(cluster, instance, state=_first_state(cluster))


def _first_state(cluster: Cluster) -> str:
    return WAITING if cluster[SETTINGS].new_leader == "caught-up" else LEADING


@transition(actor="{instance}", object="lease")
def start_leading(cluster: Cluster, instance: str) -> Cluster | None:
    """Begin to act as the leader, now that the caches have all that is stored."""
    found = candidate(cluster, instance)
    if not lives(cluster, instance) or found.state != WAITING:
        return None
    for watch in cluster[WATCHES]:
        if watch.watcher == instance and not watch.polls:
            server = server_of(cluster, watch)
            of_server = QUEUES[server or "", watch.resource]
            queues = (watch.queue, of_server) if cluster.has(of_server) else (watch.queue,)
            if not all(cluster.look(queue, has_caught_up) for queue in queues):
                return None
    return _set(cluster, instance, state=LEADING)


@transition(actor="{instance}", object="lease")
def renew_lease_of_leader(cluster: Cluster, instance: str) -> Cluster | None:
    """Renew the lease, of which somebody thought that it had run out."""
    if not _holds(cluster, instance) or not _can_write(cluster, instance):
        return None
    if all(candidate(cluster, other).saw != RUN_OUT for other in _others(cluster, instance)):
        return None
    return _written(cluster, instance)


@transition(actor="{instance}", object="lease")
def stop_leading(cluster: Cluster, instance: str) -> Cluster | None:
    """Find that another holds the lease, or that it cannot be renewed in time: exit, and start again as a standby."""
    if not leads_or_waits(cluster, instance) or (_holds(cluster, instance) and _can_write(cluster, instance)):
        return None
    if not is_connected(cluster, instance):  # what it had asked for since has gone nowhere
        process = next(process for process in cluster[PROCESSES] if process.name == instance)
        cluster = lose_calls(cluster, process.clients)
    return restart(cluster, instance)


@transition(actor="{instance}", object="{instance}")
def resume_process(cluster: Cluster, instance: str) -> Cluster | None:
    """Go on after a pause, where it was."""
    return _set(cluster, instance, paused=False) if candidate(cluster, instance).paused else None


@transition(actor=FAULT, object="{instance}", environment=True)
def pause_process(cluster: Cluster, instance: str) -> Cluster | None:
    """A process stands still, for longer than a lease is good: its machine is suspended, or it collects garbage."""
    if candidate(cluster, instance).paused:
        return None
    spent = spend(cluster, "process-pause")
    return None if spent is None else _set(spent, instance, paused=True)


@transition(actor=FAULT, object="{instance}", environment=True)
def restart_instance(cluster: Cluster, instance: str) -> Cluster | None:
    """One of several instances restarts: what it knew is gone, its requests that are under way go on."""
    if not is_up(cluster, instance):
        return None
    spent = spend(cluster, f"{program_of(instance).faults}-restart")
    return None if spent is None else restart(spent, instance)


@transition(actor=FAULT, object="{instance}", environment=True)
def exit_leader(cluster: Cluster, instance: str) -> Cluster | None:
    """The leader exits in good order, gives up its lease if it releases it, and starts again as a standby."""
    if not _holds(cluster, instance) or not _can_write(cluster, instance):
        return None
    spent = spend(cluster, f"{program_of(instance).faults}-failover")
    if spent is None:
        return None
    if not program_of(instance).releases:
        return restart(spent, instance)
    if not cluster.has(HOLDERS[process_of(instance)]):
        return restart(_asks(spent, instance, ""), instance) if idle(cluster, client_of(instance)) else None
    for other in _others(cluster, instance):
        spent = _set(spent, other, saw=RUN_OUT)
    return restart(spent, instance)


def befalls(process: str, what: str, alone: Transition, one: Transition) -> Fault:
    """Return a fault of a program: what happens to its only instance, and what to one of several."""
    program = program_of(process)
    return Fault(
        f"{program.faults}-{what}",
        (Steps((alone,), when=lambda plan: not program.instances(plan)), Steps((one,), program.instances)),
        kills=names(process, MOST),
    )


def _several(plan: Plan) -> list[tuple[Elected, tuple[str, ...]]]:
    """Return the programs that take part in several instances, with the names of these."""
    part = (each for each in ELECTED if each.process in plan.processes)
    return [(each, tuple(name for (name,) in found)) for each in part if (found := each.instances(plan))]


def instances_of(plan: Plan) -> tuple[Binding, ...]:
    """Return the names of all instances of programs that run in several."""
    return tuple((name,) for _, found in _several(plan) for name in found)


def spread(components: tuple[Component, ...], plan: Plan) -> tuple[Component, ...]:
    """Return the components with those of programs that run in several instances once for each instance."""
    for each, found in _several(plan):
        own = tuple(component for component in components if component.process == each.process)
        listens = lives if each.is_warm else leads_or_waits
        copies = {
            component: [
                attrs.evolve(
                    run_by(Instance(name, each.process), component, acts=acts, lives=lives, listens=listens),
                    exits_after=NOBODY_RENEWS,
                    starts_later=not each.is_warm and name != each.process,
                )
                for name in found
            ]
            for component in own
        }
        if own:
            copies[own[0]] = [_with_candidate(component, each.process) for component in copies[own[0]]]
        components = tuple(copy for component in components for copy in copies.get(component, [component]))
    return components


def _with_candidate(component: Component, process: str) -> Component:
    instance = component.process
    at_start = Candidate(LEADING if instance == process else STANDBY)
    memory = Memory(CANDIDATES, lambda plan: ((process, instance),), at_start, forgotten=Candidate(), mentions=NOTHING)
    caller = Caller((ask_for_lease, ask_to_renew), read_lease_answer, client_of, lambda plan: ((instance,),), _by_calls)
    return attrs.evolve(component, memory=(*component.memory, memory), callers=(*component.callers, caller))


def _by_calls(plan: Plan) -> bool:
    return plan.settings.calls == "split"


COMPONENT = Component(
    "leader-election",
    memory=(
        Memory(
            HOLDERS,
            lambda plan: ((each.process,) for each, _ in _several(plan)),
            lambda process: process,
            mentions=NOTHING,
            survives=True,
            when=lambda plan: not _by_calls(plan),
        ),
    ),
    steps=(
        Steps(
            (see_lease_run_out, take_lease, renew_lease_of_leader),
            instances_of,
            lambda plan: not _by_calls(plan),
        ),
        Steps((stop_leading,), instances_of),
        Steps((start_leading,), instances_of, when=lambda plan: plan.settings.new_leader == "caught-up"),
        Steps((resume_process,), instances_of, when=lambda plan: plan.budget("process-pause") > 0),
    ),
    users={each.user: frozenset({("update", LEASE.resource)}) for each in ELECTED},
    needed=lambda plan: None if _several(plan) else "no program runs in several instances",
    optional=False,
)
PROCESS_PAUSE = Fault(
    "process-pause",
    (Steps((pause_process,), instances_of),),
    hits=(COMPONENT.name,),
    kills=EVERYBODY,
)
