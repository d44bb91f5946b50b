"""A plain breadth-first search that any reader can check: what the compiled engine must agree with."""

from collections.abc import Iterator

import attrs

from kmodel.kernel import Cluster, Model, Spec, SpecKind, Step, enabled


@attrs.frozen
class Plain:
    states: int
    generated: int
    depth: int
    lengths: dict[
        str, int
    ]  # for each spec that was violated, or `sometimes` that happens, the steps of its shortest trace
    fired: dict[str, int]


def search(model: Model) -> Plain:
    level = list(dict.fromkeys(model.initial))
    seen, generated, depth = set(level), len(model.initial), 0
    lengths: dict[str, int] = {}
    fired = {str(action): 0 for action in model.actions}
    while level:
        found: list[Cluster] = []
        for cluster in level:
            _note(lengths, model, cluster, depth)
            for step in enabled(model, cluster):
                generated += 1
                fired[str(step.action)] += 1
                _note(lengths, model, step, depth + 1)
                if step.next not in seen:
                    seen.add(step.next)
                    found.append(step.next)
        level, depth = found, depth + 1
    return Plain(len(seen), generated, depth, lengths, fired)


def _note(lengths: dict[str, int], model: Model, subject: Cluster | Step, length: int) -> None:
    for spec in _telling(model, subject):
        lengths[spec.name] = min(length, lengths.get(spec.name, length))


def _telling(model: Model, subject: Cluster | Step) -> Iterator[Spec]:
    for spec in model.specs:
        if spec.of_steps == isinstance(subject, Step):
            holds = spec(subject) is True
            if holds == (spec.kind is SpecKind.SOMETIMES):
                yield spec
