"""Steps per second of the Hypothesis machine, as JSON: `python hypothesis_steps.py SCENARIO RUNS`.

It is run as a file, with whichever version of kmodel is on the path: only what all versions have is used.
"""

import json
import sys
from pathlib import Path
from typing import Any

from kmodel.engines.events import Finished
from kmodel.engines.runs.hypothesis.sampling import explore
from kmodel.kubernetes import scenario

model = scenario.model(scenario.load([Path(sys.argv[1])]), ())
amount: dict[str, Any] = {"seed": 0, "max_examples": int(sys.argv[2]), "steps": 50}
try:
    from kmodel.engines.runs.amounts import Samples
except ImportError:  # a version that takes each by itself
    *_, last = explore(model, **amount)
else:
    *_, last = explore(model, Samples(**amount))
assert isinstance(last, Finished)
steps = last.result.generated - len(model.initial)
print(json.dumps({"count": steps, "seconds": last.result.seconds}))
