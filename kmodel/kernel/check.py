"""Asking a spec: its answer on a cluster or a step, with the reads that the answer rests on."""

from typing import Any

import attrs

from kmodel.kernel.cluster import Cluster
from kmodel.kernel.errors import RAISED, BoundReached, ModelError, name_error
from kmodel.kernel.footprint import Log, Read, View, check_deterministic
from kmodel.kernel.spec import Kind, Spec
from kmodel.kernel.step import Step
from kmodel.kernel.temporal import Predicate


def ask(spec: Spec | Predicate, subject: Cluster | Step, twice: bool = True) -> tuple[bool | str, tuple[Read, ...]]:
    """Return a spec's answer and its reads; what it reads after a step is a function of what was there before.

    ModelError if it is asked twice and does not answer the same.
    """
    answer = _ask_once(spec, subject)
    if not twice:
        return answer
    layout_of = subject.before if isinstance(subject, Step) else subject
    check_deterministic(answer, _ask_once(spec, subject), layout_of, f"spec {spec.name}")
    return answer


def _ask_once(spec: Spec | Predicate, subject: Cluster | Step) -> tuple[bool | str, tuple[Read, ...]]:
    log = Log()
    view: Cluster | Step
    if isinstance(subject, Step):
        view = attrs.evolve(
            subject,
            before=View.on(subject.before, log),
            after=View.on(subject.before, log, {write.position: write.update for write in subject.updates}),
        )
    else:
        view = View.on(subject, log)
    try:
        answer: Any = spec(view)
    except BoundReached:
        raise
    except RAISED as error:
        raise name_error(f"spec {spec.name}", error) from error
    shows_anything = isinstance(spec, Spec) and spec.kind is Kind.CONFLUENT  # it is compared, not judged
    if not isinstance(answer, bool | str) and not shows_anything:
        raise ModelError(
            f"spec {spec.name} returned {type(answer).__name__}, which is no answer; return True, False or a sentence"
        )
    return answer, log.footprint()
