"""Tasks and outcomes as bytes, for another process: what that has itself is only named.

The catalog and the specs have functions, which are not sent; of a trace its actions are, and its steps are taken again.
"""

import io
import pickle
from typing import Any

import attrs

from kmodel.kernel import Action, Model, Spec, Trace
from kmodel.kernel.model import trace_along
from kmodel.kubernetes.catalog import Catalog


@attrs.frozen
class Common:
    """What both processes have, each its own: the catalog and, for an outcome, the model."""

    catalog: Catalog
    model: Model | None = None

    def to_bytes(self, value: Any) -> bytes:
        """Return a value for the other process."""
        file = io.BytesIO()
        _Sender(file, self).dump(value)
        return file.getvalue()

    def from_bytes(self, content: bytes) -> Any:
        """Return a value of the other process."""
        return _Receiver(io.BytesIO(content), self).load()


class _Sender(pickle.Pickler):
    def __init__(self, file: io.BytesIO, common: Common) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.common = common
        model = common.model
        self.actions = {} if model is None else {str(action): place for place, action in enumerate(model.actions)}

    def persistent_id(self, value: Any) -> Any:
        """Return how a value is named; None if it is sent."""
        if value is self.common.catalog:
            return ("catalog",)
        if isinstance(value, Spec):
            return "spec", value.name
        if isinstance(value, Model):
            return ("model",)
        if isinstance(value, Action):
            return "action", self.actions[str(value)]
        if isinstance(value, Trace):
            taken = zip((self.actions[str(step.action)] for step in value.steps), value.address[1:], strict=True)
            return "trace", value.address[0], tuple(taken), value.cycle
        return None


class _Receiver(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, common: Common) -> None:
        super().__init__(file)
        self.common = common
        model = common.model
        self.specs = {} if model is None else {spec.name: spec for spec in model.specs}

    def persistent_load(self, name: Any) -> Any:
        """Return what is named."""
        what, *which = name
        if what == "catalog":
            return self.common.catalog
        model = self.common.model
        assert model is not None, "a task has no specs, actions and traces"
        if what == "spec":
            return self.specs[which[0]]
        if what == "action":
            return model.actions[which[0]]
        if what == "trace":
            initial, taken, cycle = which
            return attrs.evolve(trace_along(model, initial, taken), cycle=cycle)
        return model
