"""A search whose compiled code has smaller limits: `python -m tests.engines.scaled_down PLACE_BITS JUMP_LIMIT`.

Constants are part of compiled code, which is cached; here it runs as plain Python, which reads them each time. The
results are printed as JSON: of counters, whose states are counted easily, and of pods.
"""

import json
import os
import subprocess
import sys
import warnings
from typing import Any

COUNTERS, COUNT_TO = "abc", 7


def printed(place_bits: int, jump_limit: int) -> list[dict[str, Any]]:
    """Return what a process of its own finds with so many bits for a state's place, and such a limit of jumps."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.engines.scaled_down", str(place_bits), str(jump_limit)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def main(place_bits: int, jump_limit: int) -> None:
    from kmodel.engines.exhaustive import Bounds, fingerprinted, loop, result_of, store
    from kmodel.engines.liveness import edges
    from kmodel.kernel import Cells, Cluster, Model, transition
    from tests.toys import pods

    warnings.simplefilter("ignore", RuntimeWarning)  # of sums that wrap around, as they are meant to
    for module in (store, fingerprinted, edges):
        vars(module).update(PLACE_BITS=place_bits, PLACE_MASK=(1 << place_bits) - 1)
    vars(store).update(MOST_STATES=(1 << place_bits) - 1, prefetch=lambda array, index: None)
    vars(loop).update(JUMP_LIMIT=jump_limit)
    counter: Cells[int] = Cells("counter")

    @transition(actor="counter")
    def count(cluster: Cluster, name: str) -> Cluster | None:
        value = cluster[counter[name]]
        return cluster.set(counter[name], value + 1) if value < COUNT_TO else None

    counters = Model(
        (Cluster.of({counter[name]: 0 for name in COUNTERS}),), tuple(count.bind(name=name) for name in COUNTERS)
    )
    searches = [
        (counters, Bounds()),
        (counters, Bounds(fingerprints=True)),
        (counters, Bounds(threads=2)),
        (pods.model(1, 1), Bounds()),
    ]
    results = [result_of(model, bounds) for model, bounds in searches]
    print(json.dumps([{"states": each.states, "stopped": each.stopped} for each in results]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
