"""What each own controller should keep: every such spec has a witness that happens, and a controller that breaks it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from kmodel.controllers import AlreadyExists, Client, Conflict, Controller, NotFound, controller
from kmodel.controllers.promises import PROMISES
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.scenario.scenario import Scenario
from tests.controllers.scenes import Cache, broken, cache, create, explored, happened, manifest, scene

SPECS = {spec.name: spec for spec in PROMISES}
HOLD = "example.com/hold"


@controller(watches=Cache, owns=["v1/Pod"])
def keeper(client: Client, key: str) -> None:
    """Keep one pod, of a given name, and a finalizer as long as there is one."""
    own = client.get(Cache, key)
    if own is None:
        return
    pod = client.get("v1/Pod", f"{key}-0")
    if own.metadata.deleting:
        if pod is not None and not pod.metadata.deleting:
            with suppress(NotFound, Conflict):
                client.delete(pod, uid=pod.metadata.uid)
        elif HOLD in own.metadata.finalizers:
            with suppress(NotFound):
                client.remove_finalizer(own, HOLD)
    elif HOLD not in own.metadata.finalizers:
        with suppress(NotFound):
            client.add_finalizer(own, HOLD)
    elif pod is None:
        with suppress(AlreadyExists):
            client.create(manifest(f"{key}-0"), owner=own)


def delete(name: str = "main") -> Command:
    return Command("delete", "caches", name)


KEPT = scene(
    keeper, create(cache()), Command("apply", "caches", "main", cache(2)), delete(), faults={"keeper-restart": 1}
)


def test_the_faithful_controller_keeps_all_and_every_witness_happens() -> None:
    result = explored(KEPT)
    assert broken(result) == set()
    shown = {spec.name: spec.shows.name for spec in PROMISES if spec.shows is not None}
    assert set(shown) == happened(result)
    assert set(shown.values()) == {
        name for name, spec in SPECS.items() if spec.kind.word != "sometimes" and not spec.is_temporal
    } | {"no_controller_writes_for_ever"}


def counts(client: Client, key: str) -> None:
    own = client.get(Cache, key)
    if own is None or own.metadata.deleting:
        return
    if not client.list("v1/Pod", owner=own):
        client.create(manifest("", generateName=f"{key}-"), owner=own)
    if not own.status.pods:
        client.patch_status(own, pods=1)


def makes_all_but_one(client: Client, key: str) -> None:
    own = client.get(Cache, key)
    if own is not None and not client.get("v1/Pod", f"{key}-0"):
        client.create(manifest(f"{key}-0"), owner=own)  # what fails is given up


def fails(client: Client, key: str) -> None:
    if client.get(Cache, key) is not None:
        client.delete("v1/Pod", "other")


def flips(client: Client, key: str) -> None:
    own = client.get(Cache, key)
    if own is not None:
        client.patch_status(own, pods=1 - own.status.pods)


def believes(client: Client, key: str) -> None:
    if client.get("v1/Pod", f"{key}-0").metadata.deleting:  # which may be gone
        return


def replaces(client: Client, key: str) -> None:
    own = client.get(Cache, key)
    if own is not None and not own.status.pods:
        client.patch_status(own, pods=1)


def repeats(client: Client, key: str) -> None:
    own = client.get(Cache, key)
    if own is not None and not own.status.pods:
        client.patch(own, {"spec": {"replicas": own.spec.replicas}, "status": {"pods": 1}})
        client.patch_status(own, pods=1)


def holds(client: Client, key: str) -> None:
    own = client.get(Cache, key)
    if own is not None and not own.metadata.deleting and HOLD not in own.metadata.finalizers:
        client.add_finalizer(own, HOLD)


def made(code: Callable[[Client, str], None], **more: Any) -> Controller:
    return controller(watches=Cache, owns=["v1/Pod"], **more)(code)


AGAIN = (create(cache()), delete(), create(cache()))
BROKEN: list[tuple[str, Scenario]] = [
    ("a_controller_makes_no_more_than_one_child_per_desired_child", scene(made(counts), create(cache()))),
    (
        "a_controller_gets_what_it_wants",
        scene(made(makes_all_but_one, retries=0), create(cache()), faults={"lost-request": 1}),
    ),
    ("a_controller_comes_to_rest", scene(made(fails), create(cache()))),
    ("no_controller_writes_for_ever", scene(made(flips), create(cache()))),
    ("no_controller_fails_by_a_mistake", scene(made(believes), create(cache()))),
    ("no_controller_acts_on_a_stale_uid", scene(made(replaces), *AGAIN)),
    (
        "no_controller_undoes_what_it_has_not_seen",
        scene(made(repeats), create(cache()), Command("apply", "caches", "main", cache(2))),
    ),
    ("a_finalizer_comes_off", scene(made(holds), create(cache()), delete())),
]


@pytest.mark.parametrize(("spec", "wrong"), BROKEN, ids=[spec for spec, _ in BROKEN])
def test_a_controller_breaks_it(spec: str, wrong: Scenario) -> None:
    assert spec in broken(explored(wrong, SPECS[spec]))


def test_every_promise_has_a_controller_that_breaks_it() -> None:
    assert {spec for spec, _ in BROKEN} == {name for name, spec in SPECS.items() if spec.kind.word != "sometimes"}


def test_what_a_cache_owns_is_collected_when_it_goes() -> None:
    made = scene(keeper, create(cache()), delete(), actors=("garbage-collector",))
    assert "garbage-collector" in made.taking_part
    result = explored(made)
    assert broken(result) == set()
