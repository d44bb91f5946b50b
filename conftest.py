"""Which items take minutes, and so are in `make test-long`: of `specs/` by scenario, of `tests/` by name."""

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "tests/long.txt"  # each takes more than 1.3 seconds

# With all specs each takes two seconds or more.
LONG = (
    "api-server-away",
    "control-node-cut-off",
    "control-node-lost",
    "control-node-lost-poll",
    "cronjob",
    "daemonset",
    "daemonset-doubled",
    "daemonset-updated",
    "deployment-rolled-out",
    "deployment-surges",
    "deployment-undone",
    "etcd-slow-disk",
    "event-lost",
    "event-lost-of-a-lost-pod",
    "event-lost-of-a-node",
    "init-containers",
    "job",
    "job-cleaned-up",
    "job-doubled",
    "job-fails",
    "kubelet-restart",
    "leader-elected",
    "leader-paused",
    "namespace-deleted",
    "node-cut-off",
    "node-deleted",
    "node-lost",
    "node-replaced",
    "pod-forced-out",
    "pod-recreated",
    "probes",
    "rejected-template",
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
    """Mark the items of large scenarios and the long cases of tests, unless an item is asked for by its name."""
    if any("::" in argument for argument in config.invocation_params.args):
        return
    cases = set(CASES.read_text(encoding="utf-8").splitlines())
    unknown = cases - {item.nodeid for item in items}
    if unknown and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        raise pytest.UsageError(f"{CASES.name} names what is not there, take it out: {min(unknown)}")
    for item in items:
        is_large = item.nodeid.startswith("specs/") and item.name.endswith(tuple(f"[{name}]" for name in LONG))
        if is_large or item.nodeid in cases:
            item.add_marker(pytest.mark.long)
