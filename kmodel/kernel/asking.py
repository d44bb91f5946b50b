"""Asking a spec: its answer on a cluster or a step, with the reads that the answer rests on."""

from typing import Any

import attrs

from kmodel.kernel.cluster import BareCluster, Cluster
from kmodel.kernel.errors import ModelError
from kmodel.kernel.footprint import ASK_BY_ISINSTANCE, Check, Log, Read, View, call, check_deterministic
from kmodel.kernel.spec import Spec
from kmodel.kernel.step import Step
from kmodel.kernel.temporal import Predicate
from kmodel.kernel.values import plain, same


def ask(
    spec: Spec | Predicate, subject: Cluster | Step, check: Check = Check.BOTH
) -> tuple[bool | str, tuple[Read, ...]]:
    """Return a spec's answer and its reads; what it reads after a step is a function of what was there before.

    ModelError if it is asked again, or with nobody watching, and does not answer the same.
    """
    answer, log = _ask_once(spec, subject)
    bare, who = subject.before if isinstance(subject, Step) else subject, f"spec {spec.name}"
    if not isinstance(bare, BareCluster):
        check = Check.NOT  # asked from within another function, which is checked as a whole
    if Check.AGAIN in check:
        check_deterministic((answer, log), _ask_once(spec, subject), bare, who)
    if Check.UNWATCHED in check and not same(_answer(spec, subject), answer):
        raise ModelError(f"{who} answers something else when nobody records what it reads; {ASK_BY_ISINSTANCE}")
    return answer, log.footprint()


def answer_unwatched(spec: Spec, subject: Cluster | Step) -> bool | str:
    """Return a spec's answer, with nobody watching what it reads."""
    return _answer(spec, subject)


def _ask_once(spec: Spec | Predicate, subject: Cluster | Step) -> tuple[bool | str, Log]:
    log = Log()
    return _answer(spec, _seen(subject, log)), log


def _seen(subject: Cluster | Step, log: Log) -> Cluster | Step:
    if not isinstance(subject, Step):
        return View(subject, log)
    before, effect = subject.before, subject.effect
    return attrs.evolve(
        subject,
        before=View(before, log),
        after=View(before, log, {write.position: write.update for write in effect.writes}),
        next=View(before, log, {write.position: write.update for write in effect.total}),
    )


def _answer(spec: Spec | Predicate, subject: Cluster | Step) -> bool | str:
    answer: Any = call(spec, subject, f"spec {spec.name}")
    if isinstance(spec, Spec) and spec.form.compares_ends:  # what it shows is compared, not judged
        return plain(answer, lambda: f"the answer of spec {spec.name}")  # type: ignore[no-any-return]
    if not isinstance(answer, bool | str):
        kind = type(answer)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        raise ModelError(f"spec {spec.name} returned {name}, which is no answer; return True, False or a sentence")
    return answer
