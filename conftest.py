"""Which items of `specs/` are among what takes minutes, and so in `make test-long`."""

import pytest

# With all specs each takes five seconds or more.
LONG = (
    "api-server-away",
    "daemonset-updated",
    "deployment-rolled-out",
    "deployment-surges",
    "deployment-undone",
    "event-lost",
    "event-lost-of-a-lost-pod",
    "job-fails",
    "kubelet-restart",
    "node-deleted",
    "node-lost",
    "pod-recreated",
    "replicaset-loses-a-pod",
    "scheduler-restart",
    "stale-list",
    "statefulset-updated",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the items of large scenarios, unless an item is asked for by its name."""
    if any("::" in argument for argument in config.invocation_params.args):
        return
    for item in items:
        if item.nodeid.startswith("specs/") and item.name.endswith(tuple(f"[{name}]" for name in LONG)):
            item.add_marker(pytest.mark.long)
