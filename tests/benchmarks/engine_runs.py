"""One measured run of an engine over a scenario, as JSON: `python -m tests.benchmarks.engine_runs HOW WHAT [N]`."""

import json
import sys
import tempfile
import time
from pathlib import Path

import attrs

from kmodel.engines.bounds import Bounds
from kmodel.engines.clock import Deadline
from kmodel.engines.events import Finished, Found
from kmodel.engines.options import Options
from kmodel.engines.registry import ENGINES
from kmodel.engines.results import Result, Verdict
from kmodel.engines.runs.amounts import DelayBound, Samples, Walks
from kmodel.engines.runs.normal_run import normal_run
from kmodel.kernel import Model
from kmodel.kubernetes import scenario
from kmodel.project import Project
from tests.benchmarks.run import Run

SCENARIOS = Path(__file__).parents[2] / "specs" / "scenarios"
SECONDS = 10.0  # of a walk, and at most of each engine over a scenario
SECONDS_TO_FIRST = 2.0
REPLICA_SET = """\
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: web{number}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web{number}}}}}
  template:
    metadata: {{labels: {{app: web{number}}}}}
    spec: {{containers: [{{name: main, image: nginx}}]}}
"""
TO_FIRST: dict[str, Options] = {
    "exhaustive": Bounds(stop_at_first_violation=True),
    "delays": DelayBound(None, stop_at_first_violation=True),
    "hypothesis": Samples(seed=0, max_examples=100_000),
    "simulation": Walks(100_000, stop_at_first_violation=True),
}


def model(name: str) -> Model:
    """Return the model of a scenario that comes with kmodel, or of so many ReplicaSets: `sets-10-3-3`.

    The last two numbers are those of replicas and nodes.
    """
    specs = Project().specs
    kind, _, sizes = name.partition("-")
    if kind != "sets":
        return scenario.model(scenario.load([SCENARIOS / f"{name}.yaml"]), specs)
    count, replicas, nodes = map(int, sizes.split("-"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sets.yaml"
        file.write_text("---\n".join(REPLICA_SET.format(number=each, replicas=replicas) for each in range(count)))
        return scenario.model(scenario.load([file], nodes=nodes), specs)


def measured(how: str, name: str, amount: int) -> Run:
    """Return what one run measured."""
    made = model(name)
    if how == "normal":
        started = time.perf_counter()
        run = normal_run(made, lambda action: not action.is_fault, Deadline(60))
        assert run is not None, "it ends in much less"
        return Run(time.perf_counter() - started, run.steps)
    if how == "walk":
        result = _result(made, "simulation", Walks(100_000, steps=1_000))
        return Run(result.seconds, result.generated - len(made.initial))
    engine = "exhaustive" if how == "exhaustive" else "delays"
    result = _result(made, engine, Bounds() if engine == "exhaustive" else DelayBound(amount))
    return Run(result.seconds, result.states, complete=result.finished)


def _result(made: Model, engine: str, asked: Bounds | DelayBound | Walks) -> Result:
    *_, last = ENGINES[engine].explore(made, asked, Deadline(SECONDS))
    assert isinstance(last, Finished)
    return last.result


def seconds_to_first(names: list[str]) -> dict[str, dict[str, float | None]]:
    """Return for each scenario with documented hazards, by engine, after how many seconds one is found.

    None: not in time. Only the specs are asked that are known to be violated by what may happen there.
    """
    found = {}
    for name in names or sorted(file.stem for file in SCENARIOS.glob("*.yaml")):
        made = model(name)
        asked = tuple(attrs.evolve(spec, hazards=()) for spec in made.specs if spec.hazard is not None)
        if asked:
            # Of one model the engines that take runs would share what functions answered.
            found[name] = {engine: _to_first(attrs.evolve(made, specs=asked), engine) for engine in TO_FIRST}
    return found


def _to_first(made: Model, engine: str) -> float | None:
    started = time.perf_counter()
    for event in ENGINES[engine].explore(made, TO_FIRST[engine], Deadline(SECONDS_TO_FIRST)):
        if isinstance(event, Found) and event.finding.verdict is Verdict.VIOLATED:
            return round(time.perf_counter() - started, 3)
    return None


def main(how: str, *what: str) -> None:
    """Print what one run measured, or what each engine took to a first violation in each scenario, or those named."""
    if how == "first":
        print(json.dumps(seconds_to_first(list(what))))
    else:
        name, amount = (*what, "0")[:2]
        print(json.dumps(attrs.asdict(measured(how, name, int(amount)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
