"""A run that is killed again and again: each child goes on from the checkpoint that the one before it left.

Half of the children are killed from outside at a random moment, half kill themselves while they write a checkpoint.
Prints as JSON how many were killed, and what the last one found, which was left alone.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import attrs

from kmodel.engines.exhaustive import Bounds, Checkpoints, result_of
from kmodel.engines.results import Result
from kmodel.kernel import Model, invariant
from tests.toys.mutants import two_phase_commit_that_disagrees
from tests.toys.two_phase_commit import MANAGER

MANAGERS = 7


@invariant
def somebody_works(cluster: Any) -> bool | str:
    """Violated late, so that some checkpoints have a finding and others have not."""
    done = [cluster[MANAGER[name]] == "committed" for name in cluster.names(MANAGER)]
    return not all(done) or "all have committed"


def model() -> Model:
    broken = two_phase_commit_that_disagrees(MANAGERS)
    return attrs.evolve(broken, specs=(*broken.specs, somebody_works))


def told(result: Result) -> list[Any]:
    """What must be the same however often a run was killed."""
    findings = [
        [each.spec.name, each.verdict.name, each.reason, each.trace and each.trace.path] for each in result.findings
    ]
    return [result.states, result.generated, result.depth, result.stopped, dict(result.fired), findings]


def main(folder: Path, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    checkpoints = Checkpoints(folder, every_seconds=0.05, resume=True)
    result_of(
        two_phase_commit_that_disagrees(2), Bounds(checkpoints=checkpoints)
    )  # compiles, before there are children
    killed, done, resumed = 0, 0, 0
    while killed < kills:
        resumed += bool(checkpoints.files)
        writes = chance.randint(1, 4) if killed % 2 else None
        moment = chance.uniform(0.1, 0.8)
        child = os.fork()
        if child == 0:
            if writes is not None:
                die_at(writes)
            result_of(model(), Bounds(checkpoints=checkpoints))
            os._exit(0)
        if writes is None:
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        done += os.WIFEXITED(status)
    last = told(result_of(model(), Bounds(checkpoints=checkpoints)))
    print(json.dumps({"killed": killed, "done": done, "resumed": resumed, "last": last}))


def die_at(writes: int) -> None:
    """Have the process killed when its so many-th checkpoint has been written, but is not in its place yet."""
    calls, sync = iter(range(1, 10**9)), os.fsync

    def fsync(handle: Any) -> None:
        sync(handle)
        if next(calls) == 2 * writes - 1:  # each checkpoint syncs its file, then the folder
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(os, "fsync", fsync)  # noqa: B010 - which mypy would not have


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
