"""What the control plane's own users do is not called unauthorized where Kubernetes lets them."""

import attrs

from tests.components.runs import Run
from tests.components.scenes import delete, job, scene
from tests.specs.mutants import INVARIANTS


def test_the_garbage_collector_may_write_what_has_owners_of_whatever_kind() -> None:
    command = attrs.evolve(delete("jobs/once"), propagation="Foreground")
    run = Run.of(scene(command, stored=(job("once"),), nodes=0, actors=("garbage-collector",))).user()
    spec = INVARIANTS["unauthorized_requests_change_nothing"]
    assert any(cell.family == "etcd/jobs" and step.after[cell] is None for step in run.steps for cell in step.writes)
    assert [spec.function(step) for step in run.steps] == [True] * len(run.steps)
