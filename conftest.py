"""Which items of `specs/` are among what takes minutes, and so in `make test-long`."""

import pytest

# With all specs each takes three seconds or more.
LONG = (
    "api-server-away",
    "control-node-cut-off",
    "control-node-lost",
    "control-node-lost-poll",
    "daemonset-doubled",
    "daemonset-updated",
    "deployment-rolled-out",
    "deployment-surges",
    "deployment-undone",
    "event-lost",
    "event-lost-of-a-lost-pod",
    "job-doubled",
    "job-fails",
    "kubelet-restart",
    "leader-paused",
    "node-cut-off",
    "node-deleted",
    "node-lost",
    "pod-recreated",
    "replicaset-loses-a-pod",
    "replicaset-of-two",
    "scheduler-restart",
    "service",
    "silent-node",
    "stale-list",
    "statefulset",
    "statefulset-updated",
    "two-pods-one-node",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the items of large scenarios, unless an item is asked for by its name."""
    if any("::" in argument for argument in config.invocation_params.args):
        return
    for item in items:
        if item.nodeid.startswith("specs/") and item.name.endswith(tuple(f"[{name}]" for name in LONG)):
            item.add_marker(pytest.mark.long)
