"""The steps of an own controller: its queue, what it reads, how its calls end, what a restart forgets."""

from typing import Any

import attrs
import pytest

from kmodel.controllers import Client, Controller, NotFound, Requeue, Timeout, controller
from kmodel.controllers.controller_cells import FAILURES, HISTORY, QUEUED, Failures
from kmodel.engines.checkpoints.identity import identity
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kernel import Action, Cluster, ModelError
from kmodel.kernel.footprint import Log, View
from kmodel.kubernetes.components.calls import CALLS, Request
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.objects import OwnerReference
from kmodel.kubernetes.scenario.scenario import Scenario
from tests.controllers.scenes import Cache, cache, manifest, model, scene, start

CELL = ("reconcile", "main")
STEPS = ("handle", "commit", "answer")


class Played:
    """A scenario as it is played step by step."""

    def __init__(self, made: Scenario) -> None:
        self.scenario = made
        self.cluster, self.actions = start(made)

    def can(self, action: str) -> bool:
        after = self._action(action)(self.cluster)
        return after is not None and after != self.cluster

    def take(self, *actions: str) -> None:
        for action in actions:
            after = self._action(action)(self.cluster)
            assert after is not None, f"{action} is not enabled"
            self.cluster = after

    def call(self) -> None:
        """Have the api-server carry out the call, and the controller hear of it."""
        for step in STEPS:
            action = self._action(f'{step}(client="reconcile/main")')
            self.cluster = action(self.cluster) or self.cluster
        self.take(GOES_ON)

    def see(self, resource: str) -> None:
        self.take(f'receive_event(watcher="reconcile", resource="{resource}")')

    def _action(self, action: str) -> Action:
        found: Action = self.actions[action]
        return found

    @property
    def request(self) -> Request | None:
        call = self.cluster[CALLS["reconcile/main"]]
        return call if isinstance(call, Request) else None

    @property
    def state(self) -> tuple[bool, bool, Failures]:
        """Whether the key is queued, whether a run goes on, and what failed."""
        cluster: Cluster = self.cluster
        return cluster[QUEUED[CELL]], cluster[HISTORY[CELL]] is not None, cluster[FAILURES[CELL]]


RUN, READS, GOES_ON = (f'reconcile{part}(key="main")' for part in ("", "_reads", "_goes_on"))


def played(code: Any, faults: dict[str, int] | None = None, stored: tuple[Any, ...] = (), **more: Any) -> Played:
    code.__name__ = "reconcile"
    made: Controller = controller(watches=Cache, owns=["v1/Pod"], **more)(code)
    return Played(scene(made, stored=stored or (cache(),), faults=faults))


def test_a_key_is_on_the_queue_once_and_again_if_something_changes_meanwhile() -> None:
    def code(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is not None and own.status.pods < 1:
            client.patch_status(own, pods=1)

    run = played(code)
    assert run.state == (True, False, Failures())
    run.take(RUN)
    assert run.state == (False, True, Failures())
    assert not run.can(RUN)
    run.call()
    assert run.state == (False, False, Failures())
    run.see("caches")
    assert run.state == (True, False, Failures())
    run.take(RUN)
    assert run.state == (False, False, Failures())


def test_what_it_owns_puts_the_owner_on_the_queue() -> None:
    def code(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is not None and not client.list("v1/Pod", owner=own):
            client.create(manifest(f"{key}-0"), owner=own)

    run = played(code)
    run.take(RUN)
    run.call()
    pod = run.cluster[stored("pods")["main-0"]]
    own = run.cluster[stored("caches")["main"]]
    assert pod.metadata.owners == (OwnerReference("Cache", "main", own.metadata.uid),)
    assert run.state[0] is False
    run.see("pods")
    assert run.can(RUN)
    run.take(RUN)
    assert run.request is None


def test_a_live_read_is_a_step_of_its_own() -> None:
    seen: list[Any] = []

    def code(client: Client, key: str) -> None:
        if client.get(Cache, key) is None:
            return
        seen.append(client.get("v1/Pod", "web", live=True))

    run = played(code, stored=(cache(),), makes=lambda value: [manifest("web")])
    run.take(RUN)
    assert run.state == (False, True, Failures())
    assert not run.can(GOES_ON)
    run.take(READS)
    assert seen[-1] is None
    assert run.state == (False, False, Failures())


def test_a_live_read_times_out_while_etcd_has_no_majority() -> None:
    told: list[str] = []

    def code(client: Client, key: str) -> None:
        try:
            client.get("v1/Pod", "web", live=True)
        except Timeout as error:
            told.append(str(error))

    made = played(code, faults={"member-crash": 1}, makes=lambda value: [manifest("web")]).scenario
    run = Played(attrs.evolve(made, settings=attrs.evolve(made.settings, etcd_members=3)))
    run.take(RUN, 'crash_member(member="etcd-1")')
    assert not told
    run.take(READS)
    assert told[-1] == "get pod/web live: no answer"
    assert run.state == (False, False, Failures())


@pytest.mark.parametrize("retries", [None, 1])
def test_a_run_that_fails_is_tried_again(retries: int | None) -> None:
    def code(client: Client, key: str) -> None:
        if client.get(Cache, key) is not None:
            raise OSError(key)

    run = played(code, retries=retries)
    run.take(RUN)
    queued, _, failures = run.state
    assert queued
    assert (failures.count, failures.is_bug) == (retries or 0, False)
    assert failures.error.endswith("in code: OSError: main")
    run.take(RUN)
    assert run.state[0] is (retries is None)


def test_one_that_asks_for_it_is_run_again() -> None:
    run = played(lambda client, key: Requeue())
    run.take(RUN)
    assert run.state == (True, False, Failures())


def test_an_event_takes_no_step() -> None:
    def code(client: Client, key: str) -> None:
        client.event(client.get(Cache, key), "Seen", "there it is")

    run = played(code, stored=(cache(),))
    run.take(RUN)
    assert run.state == (False, False, Failures())


def test_an_event_of_no_type_is_an_error() -> None:
    def code(client: Client, key: str) -> None:
        client.event(client.get(Cache, key), "Seen", kind="Error")

    with pytest.raises(ModelError, match="an event is Normal or Warning, not 'Error'; use one of them"):
        played(code).take(RUN)


def test_no_answer_and_a_refusal_are_told_apart() -> None:
    heard: list[str] = []

    def code(client: Client, key: str) -> None:
        if client.get(Cache, key) is None:
            return
        try:
            client.delete("v1/Pod", "web")
        except (NotFound, Timeout) as error:
            heard.append(type(error).__name__)

    run = played(code, faults={"lost-answer": 1}, makes=lambda value: [manifest("web")])
    run.take(RUN)
    run.call()
    assert heard[-1] == "NotFound"
    again = played(code, faults={"lost-answer": 1}, makes=lambda value: [manifest("web")])
    again.take(RUN, 'handle(client="reconcile/main")', 'lose_answer(client="reconcile/main")', GOES_ON)
    assert heard[-1] == "Timeout"


def test_a_restart_forgets_the_run_and_its_call_goes_on() -> None:
    def code(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is not None and own.status.pods < 1:
            client.patch_status(own, pods=1)

    run = played(code, faults={"reconcile-restart": 1})
    run.take(RUN, "restart_reconcile()")
    assert run.state == (False, False, Failures())
    assert run.request is None
    assert run.cluster[CALLS["reconcile/main (orphan 1)"]] is not None
    run.take('list_and_watch(watcher="reconcile", resource="caches")')
    assert run.state[0] is True


def test_workers_take_different_keys() -> None:
    def code(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is not None and own.status.pods < 1:
            client.patch_status(own, pods=1)

    for workers, free in ((1, False), (2, True)):
        run = played(code, stored=(cache(), cache(name="other")), workers=workers)
        run.take(RUN)
        assert run.can('reconcile(key="other")') is free


def test_a_name_that_no_rehearsal_told_of_is_an_error_with_the_fix() -> None:
    def code(client: Client, key: str) -> None:
        if client.get(Cache, key).metadata.resource_version.number > 1:
            client.create(manifest("late"))
        else:
            client.patch_status(Cache, key, pods=1)

    run = played(code)
    run.take(RUN)
    run.call()
    run.see("caches")
    with pytest.raises(ModelError, match=r"creates pod/late, of which no rehearsal .* add makes="):
        run.take(RUN)


def test_another_question_on_the_same_answers_is_an_error_with_both_lines() -> None:
    runs: list[int] = []

    def code(client: Client, key: str) -> None:
        runs.append(1)
        if client.get(Cache, key) is None:
            return
        if len(runs) % 2:
            client.patch_status(Cache, key, pods=1)
        client.patch(Cache, key, {"spec": {"replicas": 2}})

    run = played(code)
    before = run.cluster
    run.take(RUN)
    run.cluster = before
    with pytest.raises(ModelError, match=r"test_steps\.py:\d+: not deterministic: it asks to .* before \(.*:\d+\)"):
        run.take(RUN)


def test_code_that_awaits_its_calls_takes_the_same_steps() -> None:
    async def code(client: Any, key: str) -> None:
        own = await client.get(Cache, key)
        if own is not None and own.status.pods < 1:
            await client.patch_status(own, pods=1)

    run = played(code)
    run.take(RUN)
    assert run.request is not None
    run.call()
    assert run.cluster[stored("caches")["main"]].status.pods == 1


def test_code_that_awaits_anything_else_is_an_error() -> None:
    async def code(client: Any, key: str) -> None:
        await Never()

    with pytest.raises(ModelError, match=r"test_steps\.py:\d+: awaits what is no call of the client; await only these"):
        played(code)


class Never:
    def __await__(self) -> Any:
        yield


def test_another_instance_takes_over_and_knows_as_much() -> None:
    def code(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is not None and own.status.pods < 1:
            client.patch_status(own, pods=1)

    run = played(code, faults={"reconcile-failover": 1}, instances=2)
    run.take(RUN, "fail_over_reconcile()")
    assert run.state == (True, False, Failures())
    run.take(RUN)
    assert run.request is not None


def test_a_resync_runs_it_again_for_what_its_cache_holds() -> None:
    runs: list[str] = []

    def code(client: Client, key: str) -> None:
        runs.append(key)

    run = played(code, stored=(cache(), cache(name="other")), faults={"reconcile-resync": 1})
    run.take(RUN)
    assert not run.can(RUN)
    assert run.can("resync_reconcile()")
    run.take("resync_reconcile()")
    assert run.state[0]
    assert run.can(RUN)
    assert not run.can("resync_reconcile()")


def test_what_it_writes_and_does_not_say_is_an_error_with_the_fix() -> None:
    def code(client: Client, key: str) -> None:
        if client.get(Cache, key) is not None:
            client.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}})

    run = played(code)
    with pytest.raises(ModelError, match=r'writes services, and says of none of them; add uses=\["v1/Service"\]'):
        run.take(RUN)


def test_a_mistake_is_told_alike_whether_reads_are_recorded_or_not() -> None:
    def code(client: Client, key: str) -> None:
        client.get(Cache, key).spec.size  # noqa: B018 - it has none

    run = played(code)
    log = Log()
    watched = run.actions[RUN](View(run.cluster, log))
    run.take(RUN)
    told = run.state[2]
    assert told.is_bug
    assert told.error.endswith("in code: AttributeError: 'CacheSpec' object has no attribute 'size'")
    assert watched is not None
    assert watched[FAILURES[CELL]] == told


def test_an_exploration_leaves_the_identity_of_the_model_as_it_was() -> None:
    """By which a checkpoint is told from that of another model."""

    def code(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is not None and own.status.pods < 1:
            client.patch_status(own, pods=1)

    made = model(scene(controller(watches=Cache)(code), stored=(cache(),)))
    before = identity(made)
    assert result_of(made, Bounds(max_states=1_000)).finished
    assert identity(made) == before
