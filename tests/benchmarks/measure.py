"""One measured run, printed as JSON: `python -m tests.benchmarks.measure kmodel pods-4-1 [LIMIT] [THREADS]`."""

import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import attrs

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kernel import Model, enabled
from tests.benchmarks import hand_tuned, plain
from tests.benchmarks.run import Run
from tests.toys import pods, two_phase_commit

SCENARIO = Path(__file__).parent / "two-pods-two-crashes.yaml"


def model(name: str) -> Model:
    """Return the model of a name such as `pods-4-1` or `2pc-8`."""
    kind, *sizes = name.split("-")
    if kind == "kubernetes":
        from kmodel.kubernetes import scenario  # not above: a search of another model should not have its memory

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


def by_engine(name: str, most: int, threads: int, symmetry: bool = False) -> dict[str, Any]:
    """Explore by kmodel's exhaustive engine; the seconds are those of the search, with its compiled code loaded."""
    result_of(model("2pc-2"), Bounds(threads=threads, symmetry=symmetry))
    gc.collect()  # the memory of that search is not this one's
    result = result_of(model(name), Bounds(most or None, threads=threads, symmetry=symmetry))
    measured = {"count": result.states, "seconds": result.seconds, "complete": result.finished}
    if symmetry:
        return {**measured, "represented": result.represented}
    assert result.statistics is not None
    return {**measured, "calls": sum(result.statistics.python_calls.values())}


def by_loop(how: str, name: str, most: int) -> int:
    """Explore by one of the loops in Python, or by minicheck; return the number of states."""
    sizes = [int(size) for size in name.split("-")[1:]]
    if how == "minicheck":
        from tests.benchmarks import for_minicheck  # not above: it need not be installed

        return for_minicheck.search(sizes[0])
    if how == "kernel":
        return by_kernel(model(name), most)
    pod_count, node_count = sizes
    search = plain.search if how == "plain" else hand_tuned.search
    return search(pod_count, node_count, most)


def main(how: str, name: str, most: str = "0", threads: str = "1") -> None:
    """Explore a model in one of the ways, until there are `most` states; 0 is without a limit."""
    if how in ("kmodel", "symmetry"):
        measured = by_engine(name, int(most), int(threads), how == "symmetry")
    else:
        started = time.perf_counter()
        count = by_loop(how, name, int(most))
        seconds = time.perf_counter() - started
        measured = {"count": count, "seconds": seconds, "complete": most == "0"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps(attrs.asdict(Run(**measured, peak_bytes=peak))))


if __name__ == "__main__":
    main(*sys.argv[1:])
