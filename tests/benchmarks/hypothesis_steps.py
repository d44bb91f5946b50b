"""Steps per second of the Hypothesis machine, as JSON: `python hypothesis_steps.py SCENARIO RUNS`.

It is run as a file, with whichever version of kmodel is on the path: where that has its modules, it finds out.
"""

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kmodel.engines.events import Finished

IS_FIRST = find_spec("kmodel.scenario") is not None
scenario: Any = import_module("kmodel.scenario" if IS_FIRST else "kmodel.kubernetes.scenario")
sampling: Any = import_module(
    "kmodel.engines.hypothesis.sampling" if IS_FIRST else "kmodel.engines.runs.hypothesis.sampling"
)
model = scenario.model(scenario.load([Path(sys.argv[1])]), ())
amount: dict[str, Any] = {"seed": 0, "max_examples": int(sys.argv[2]), "steps": 50}
if IS_FIRST:
    *_, last = sampling.explore(model, **amount)
else:
    from kmodel.engines.runs.amounts import Samples

    *_, last = sampling.explore(model, Samples(**amount))
assert isinstance(last, Finished)
steps = last.result.generated - len(model.initial)
print(json.dumps({"count": steps, "seconds": last.result.seconds}))
