"""What kubectl makes of an object that it has read: labels, taints, cordons, restarts, as the bodies of patches.

A label or a taint that is there with another value is changed only with --overwrite; what kubectl finds to be so
already it does not ask for. A patch of taints has the whole list, as kubectl read it, and no version as a condition.

Upstream: staging/src/k8s.io/kubectl/pkg/cmd/{label,annotate,taint}, pkg/drain/cordon.go,
pkg/polymorphichelpers/objectrestarter.go, 1.34.
"""

from typing import Any

import attrs

from kmodel.kubernetes.objects.kind import Part
from kmodel.kubernetes.objects.meta import Labels
from kmodel.kubernetes.objects.node import Node, Taint, Taints

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


@attrs.frozen(cache_hash=True)
class ObjectEdit:
    """A body that depends on what was read."""

    def onto(self, stored: Any) -> Any:
        """Return what becomes of the object; None of what has nothing of the kind."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it changes; give it `onto`")

    def sent(self, found: Any) -> Part | str:
        """Return the body that is sent once the object is read; a sentence, if nothing is."""
        return self


@attrs.frozen(cache_hash=True)
class WithLabels(ObjectEdit):
    """Labels, or annotations: those that get a value, and the names of those that go."""

    wanted: Labels = ()
    gone: tuple[str, ...] = ()
    field: str = "labels"
    overwrites: bool = False

    def onto(self, stored: Any) -> Any:
        """Return the object with these, and with all others that it has."""
        kept = {name: text for name, text in getattr(stored.metadata, self.field) if name not in self.gone}
        metadata = attrs.evolve(stored.metadata, **{self.field: tuple(sorted({**kept, **dict(self.wanted)}.items()))})
        return attrs.evolve(stored, metadata=metadata)

    def sent(self, found: Any) -> Part | str:
        """Return the patch; a sentence if one is there with another value, or if there is nothing to be done."""
        there = dict(getattr(found.metadata, self.field))
        others = [name for name, text in self.wanted if there.get(name, text) != text]
        if others and not self.overwrites:
            return f"{others[0]} has the value {there[others[0]]!r}, and --overwrite is false"
        return "there is nothing to be done" if self.onto(found) == found else self


@attrs.frozen(cache_hash=True)
class TaintEdit(ObjectEdit):
    """Taints of a node: those that are added, and those that go, by key and effect (an empty one: each effect)."""

    added: tuple[Taint, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    overwrites: bool = False

    def _goes(self, taint: Taint) -> bool:
        return bool({(taint.key, taint.effect), (taint.key, "")} & set(self.gone))

    def onto(self, stored: Node) -> Node:
        """Return the node with its taints: those that are added come first."""
        new = {(taint.key, taint.effect) for taint in self.added}
        old = (each for each in stored.spec.taints if not self._goes(each) and (each.key, each.effect) not in new)
        return Taints((*self.added, *old)).onto(stored)

    def sent(self, found: Node) -> Part | str:
        """Return the patch of the whole list; a sentence if a taint is there already, or none that is to go."""
        there = found.spec.taints
        taken = [each for each in there for new in self.added if (each.key, each.effect) == (new.key, new.effect)]
        if taken and not self.overwrites:
            return f"the node has the taint {taken[0].key}:{taken[0].effect} already, and --overwrite is false"
        for key, effect in self.gone:
            if not any(each.key == key and effect in ("", each.effect) for each in there):
                return f"taint {key}{effect and ':'}{effect} not found"
        wanted = self.onto(found).spec.taints
        return "there is nothing to be done" if wanted == there else Taints(wanted)


@attrs.frozen(cache_hash=True)
class Unschedulable(ObjectEdit):
    """Whether the scheduler may bind further pods to a node."""

    cordoned: bool

    def onto(self, stored: Node) -> Node:
        """Return the node, cordoned or not."""
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, unschedulable=self.cordoned or None))

    def sent(self, found: Node) -> Part | str:
        """Return the patch, unless the node is so already."""
        return "there is nothing to be done" if self.onto(found) == found else self


@attrs.frozen(cache_hash=True)
class Restarted(ObjectEdit):
    """The annotation of a template that makes it another one; a number stands for the time."""

    number: int

    def onto(self, stored: Any) -> Any:
        """Return the workload with the annotation in its template; None of what has no rollout."""
        template = getattr(stored, "template", None)
        if template is None:
            return None
        told = {**dict(template.annotations), RESTARTED_AT: str(self.number)}
        return attrs.evolve(stored, template=attrs.evolve(template, annotations=tuple(sorted(told.items()))))

    def sent(self, found: Any) -> Part | str:
        """Return the patch, unless the rollout is paused."""
        return "a paused deployment cannot be restarted; resume it first" if getattr(found, "paused", False) else self
