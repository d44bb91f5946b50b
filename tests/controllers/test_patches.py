"""The patches of own controllers: what they make of an object, and when the api-server refuses one."""

from typing import Any

import pytest

from kmodel.controllers import Client, Invalid, controller
from kmodel.controllers.changes import JsonPatch, MergePatch, patch_of
from kmodel.kernel import ModelError, Rank
from kmodel.kubernetes.components.etcd import stored
from tests.controllers.scenes import Cache, cache, explored, scene

UID = Rank("uid of cache/main", 1)


def patched(value: Any, *operations: dict[str, Any]) -> Any:
    return patch_of(list(operations), "here").onto(value)


def test_a_json_patch_carries_out_its_operations_in_turn() -> None:
    value = cache(2, uid=UID, finalizers=("a", "b"), labels=(("app", "web"),))
    made = patched(
        value,
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "replace", "path": "/spec/replicas", "value": 3},
        {"op": "remove", "path": "/metadata/finalizers/0"},
        {"op": "add", "path": "/metadata/labels/tier", "value": "cache"},
        {"op": "remove", "path": "/metadata/labels/app"},
    )
    expected = cache(3, uid=UID, finalizers=("b",), labels=(("tier", "cache"),))
    assert made == expected


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/metadata/uid", "value": Rank("uid of cache/main", 2)},
        {"op": "test", "path": "/spec/replicas", "value": 7},
        {"op": "remove", "path": "/metadata/finalizers/0"},
        {"op": "replace", "path": "/spec/size/large", "value": 1},
    ],
)
def test_a_json_patch_is_carried_out_whole_or_not_at_all(operation: dict[str, Any]) -> None:
    assert patched(cache(2, uid=UID), {"op": "replace", "path": "/spec/replicas", "value": 3}, operation) is None


def test_a_patch_is_a_mapping_or_a_list_of_operations() -> None:
    assert isinstance(patch_of({"spec": {"replicas": 3}}, "here"), MergePatch)
    assert isinstance(patch_of([{"op": "remove", "path": "/spec/replicas"}], "here"), JsonPatch)
    with pytest.raises(ModelError, match=r"^here: a patch is a mapping, such as .* or a list of the operations"):
        patch_of("spec", "here")
    with pytest.raises(ModelError, match=r"^here: .*; an operation is one of RFC 6902"):
        patch_of([{"op": "erase", "path": "/spec"}], "here")


def test_a_json_patch_that_fails_is_refused_as_invalid() -> None:
    @controller(watches=Cache)
    def reconcile(client: Client, key: str) -> None:
        own = client.get(Cache, key)
        if own is None or own.status.pods:
            return
        try:
            client.patch(own, [{"op": "test", "path": "/spec/replicas", "value": 7}])
        except Invalid:
            client.patch(own, [{"op": "replace", "path": "/spec/replicas", "value": 2}])
            client.patch_status(own, pods=1)

    made = scene(reconcile, stored=(cache(),))
    ends = explored(made).ends
    assert ends is not None
    last = ends.traces[0].last[stored("caches")["main"]]
    assert (last.spec.replicas, last.status.pods) == (2, 1)
