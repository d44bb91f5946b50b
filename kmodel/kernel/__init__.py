"""What a model is: cells, cluster, transitions, specs, traces. Knows nothing of Kubernetes."""

from kmodel.kernel.asking import answer_unwatched, ask
from kmodel.kernel.cell import Cell, Cells, Layout
from kmodel.kernel.cluster import Append, BareCluster, Cluster, Put, Replace, drop_first, first
from kmodel.kernel.contention import fair_among_writers
from kmodel.kernel.errors import BoundReached, ModelError
from kmodel.kernel.forms import Form, SpecKind, failure
from kmodel.kernel.model import Model, enabled, follow, take
from kmodel.kernel.rank import Rank, fresh, is_mentioned
from kmodel.kernel.spec import Hazard, Spec, feature_name, invariant, sometimes, step_invariant
from kmodel.kernel.step import Step, Trace
from kmodel.kernel.symmetry import check_symmetry, is_symmetric
from kmodel.kernel.temporal import (
    Predicate,
    always_eventually,
    confluent,
    converges,
    eventually,
    finitely_often,
    keys_of,
    leads_to,
)
from kmodel.kernel.transition import FAULT, Action, Event, Fairness, Transition, transition

__all__ = [
    "FAULT",
    "Action",
    "Append",
    "BareCluster",
    "BoundReached",
    "Cell",
    "Cells",
    "Cluster",
    "Event",
    "Fairness",
    "Form",
    "Hazard",
    "Layout",
    "Model",
    "ModelError",
    "Predicate",
    "Put",
    "Rank",
    "Replace",
    "Spec",
    "SpecKind",
    "Step",
    "Trace",
    "Transition",
    "always_eventually",
    "answer_unwatched",
    "ask",
    "check_symmetry",
    "confluent",
    "converges",
    "drop_first",
    "enabled",
    "eventually",
    "failure",
    "fair_among_writers",
    "feature_name",
    "finitely_often",
    "first",
    "follow",
    "fresh",
    "invariant",
    "is_mentioned",
    "is_symmetric",
    "keys_of",
    "leads_to",
    "sometimes",
    "step_invariant",
    "take",
    "transition",
]
