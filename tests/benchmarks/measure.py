"""One measured run in a process of its own, printed as JSON: `python -m tests.benchmarks.measure pods-4-1 1`."""

import json
import resource
import sys
import time
from pathlib import Path

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kernel import Model, enabled
from tests.benchmarks import plain
from tests.toys import pods, two_phase_commit

PLAIN_STATES = 400_000
KERNEL_STATES = 5_000
SCENARIO = Path(__file__).parent / "two-pods-two-crashes.yaml"
SCENARIO_STATES = 6_000_000


def model(name: str) -> Model:
    """Return the model of a name such as `pods-4-1` or `2pc-8`."""
    kind, *sizes = name.split("-")
    if kind == "kubernetes":
        from kmodel import scenario  # not above: a search of another model should not have its memory

        return scenario.model(scenario.load([SCENARIO]), ())
    if kind == "2pc":
        return two_phase_commit.model(int(sizes[0]))
    return pods.model(int(sizes[0]), int(sizes[1]))


def by_kernel(explored: Model, most: int) -> int:
    """Explore breadth first by the kernel's own functions, one Python call per state and action."""
    seen, level = set(explored.initial), list(explored.initial)
    while level and len(seen) < most:
        following = []
        for cluster in level:
            for step in enabled(explored, cluster):
                if step.next not in seen:
                    seen.add(step.next)
                    following.append(step.next)
        level = following
    return len(seen)


def main(name: str, how: str) -> None:
    """Measure a model with that many threads, or with the plain loop."""
    started = time.perf_counter()
    if how == "plain":
        states = plain.search(4, 1, PLAIN_STATES)
        print(json.dumps({"states": states, "seconds": time.perf_counter() - started}))
        return
    if how == "kernel":
        states = by_kernel(model(name), KERNEL_STATES)
        print(json.dumps({"states": states, "seconds": time.perf_counter() - started}))
        return
    most = SCENARIO_STATES if name == "kubernetes" else None
    result = result_of(model(name), Bounds(threads=int(how), max_states=most))
    assert result.statistics is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    measured = {
        "states": result.states,
        "generated": result.generated,
        "depth": result.depth,
        "seconds": result.seconds,
        "peak_bytes": peak,
        "calls": sum(result.statistics.python_calls.values()),
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
