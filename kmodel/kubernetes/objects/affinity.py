"""Affinity: the terms of which a node must match one, and the pods beside which a pod must not run
[staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go; kubernetes/api core/v1/types.go
PodAffinityTerm; 1.34].

Left out: which nodes are preferred (that some are counts); pods beside which one must run; whatever keeps pods apart by
more than a node (zones).
"""

from collections.abc import Iterator

import attrs

from kmodel.kubernetes.manifests.field import Field
from kmodel.kubernetes.objects.meta import Labels, read_labels

OF_LABELS = ("In", "NotIn", "Exists", "DoesNotExist")
OPERATORS = (*OF_LABELS, "Gt", "Lt")
HOSTNAME = "kubernetes.io/hostname"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
AFFINITIES = ("nodeAffinity", "podAffinity", "podAntiAffinity")
TERM = ("labelSelector", "matchLabelKeys", "mismatchLabelKeys", "namespaceSelector", "namespaces", "topologyKey")
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@attrs.frozen(cache_hash=True)
class Requirement:
    """One requirement on a label, or on a field of the node (`metadata.name`)."""

    key: str
    operator: str
    values: tuple[str, ...] = ()
    of_fields: bool = False

    def matches(self, name: str, labels: Labels) -> bool:
        """Tell whether a node of this name with these labels meets it."""
        there = (("metadata.name", name),) if self.of_fields else labels
        value = dict(there).get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
        return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        numbers = [_number(text) for text in (value, *self.values)]
        if len(numbers) != 2 or None in numbers:
            return False
        first, second = numbers[0] or 0, numbers[1] or 0
        return first > second if self.operator == "Gt" else first < second


@attrs.frozen(cache_hash=True)
class KeptApart:
    """Pods of which none may be on a node with the pod: of these namespaces (none: its own), meeting all requirements.

    A term without a selector means no pods [framework.newAffinityTerm]; one without a topology key is refused.
    """

    requirements: tuple[Requirement, ...] | None
    namespaces: tuple[str, ...] = ()
    topology_key: str = HOSTNAME

    def means(self, own: str, namespace: str, labels: Labels) -> bool:
        """Tell whether a pod of a namespace with these labels is meant by a pod of the namespace `own`."""
        if self.requirements is None or namespace not in (self.namespaces or (own,)):
            return False
        return all(each.matches("", labels) for each in self.requirements)


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


Term = tuple[Requirement, ...]  # all of which a node must meet; an empty one matches no node
Terms = tuple[Term, ...]


def admits(terms: Terms | None, name: str, labels: Labels) -> bool:
    """Tell whether a node matches one of the terms; without any (None) each does."""
    return terms is None or any(term and all(each.matches(name, labels) for each in term) for term in terms)


def affinity_errors(terms: Terms | None, path: str) -> Iterator[str]:
    """Yield what is wrong with the terms of a node affinity."""
    here = f"{path}.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"
    if terms == ():
        yield f"{here}: Required value: must have at least one node selector term"
    for number, term in enumerate(terms or ()):
        for index, each in enumerate(term):
            at = f"{here}[{number}].match{'Fields' if each.of_fields else 'Expressions'}[{index}]"
            if each.operator not in OPERATORS:
                yield f"{at}.operator: Invalid value: {each.operator!r}: not a valid selector operator"
            if each.operator in ("In", "NotIn") and not each.values:
                yield f"{at}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
            if each.operator in ("Exists", "DoesNotExist") and each.values:
                yield f"{at}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            if each.operator in ("Gt", "Lt") and len(each.values) != 1:
                yield f"{at}.values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"


def kept_apart_errors(terms: tuple[KeptApart, ...], path: str) -> Iterator[str]:
    """Yield what is wrong with the terms by which pods are kept apart [validatePodAffinityTerm]."""
    for number, term in enumerate(terms):
        here = f"{path}.affinity.podAntiAffinity.{REQUIRED}[{number}]"
        if not term.topology_key:
            yield f"{here}.topologyKey: Required value: can not be empty"
        for each in term.requirements or ():
            if each.operator not in OF_LABELS:
                yield f"{here}.labelSelector: Invalid value: {each.operator!r}: not a valid label selector operator"


@attrs.frozen
class Affinity:
    """What a pod's affinity says: the terms of which a node must match one (None: any node will do), the pods that are
    kept apart from it, and whether it prefers nodes to others.
    """

    terms: Terms | None = None
    kept_apart: tuple[KeptApart, ...] = ()
    prefers: bool = False


def read_affinity(field: Field | None, left_out: list[str]) -> Affinity:
    """Return what a pod's affinity says."""
    if field is None:
        return Affinity()
    fields = field.fields()
    of_node, of_pods, against = (fields.optional(name) for name in AFFINITIES)
    terms = _terms(of_node, left_out)
    kept_apart = tuple(_kept_apart(against, left_out))
    if of_pods is not None and REQUIRED in of_pods.fields():
        left_out.append(of_pods.path)
    left_out.extend(fields.unmodelled(AFFINITIES))
    prefers = any(_has_preferences(each) for each in (of_node, of_pods, against) if each is not None)
    return Affinity(terms, kept_apart, prefers)


def _has_preferences(field: Field) -> bool:
    preferred = field.fields().optional(PREFERRED)
    return preferred is not None and bool(preferred.items())


def _terms(field: Field | None, left_out: list[str]) -> Terms | None:
    if field is None:
        return None
    members = field.fields()
    required = members.optional(REQUIRED)
    members.optional(PREFERRED)
    left_out.extend(members.unmodelled((REQUIRED, PREFERRED)))
    if required is None:
        return None
    listed = required.fields().optional("nodeSelectorTerms")
    return () if listed is None else tuple(_term(item) for item in listed.items())


def _kept_apart(field: Field | None, left_out: list[str]) -> Iterator[KeptApart]:
    if field is None:
        return
    members = field.fields()
    required = members.optional(REQUIRED)
    members.optional(PREFERRED)
    for item in () if required is None else required.items():
        parts = item.fields()
        key, selector, namespaces = (parts.optional(name) for name in ("topologyKey", "labelSelector", "namespaces"))
        others = parts.unmodelled(TERM)
        topology = "" if key is None else key.string()
        if others or topology not in ("", HOSTNAME):
            left_out.append(field.path)
            continue
        requirements = None if selector is None else tuple(_of_labels(selector))
        yield KeptApart(requirements, () if namespaces is None else namespaces.strings(), topology)
    left_out.extend(members.unmodelled((REQUIRED, PREFERRED)))


def _of_labels(selector: Field) -> Iterator[Requirement]:
    """Yield what a label selector asks for."""
    members = selector.fields()
    yield from (Requirement(key, "In", (value,)) for key, value in read_labels(members.optional("matchLabels")))
    expressions = members.optional("matchExpressions")
    yield from () if expressions is None else map(_requirement, expressions.items())


def _requirement(item: Field) -> Requirement:
    parts = item.fields()
    values = parts.optional("values")
    key, operator = parts.required("key").string(), parts.required("operator").string()
    return Requirement(key, operator, () if values is None else values.strings())


def _term(field: Field) -> Term:
    members = field.fields()
    found = []
    for name in ("matchExpressions", "matchFields"):
        listed = members.optional(name)
        for item in () if listed is None else listed.items():
            found.append(attrs.evolve(_requirement(item), of_fields=name == "matchFields"))
    members.refuse_others("a node selector term", ("matchExpressions", "matchFields"))
    return tuple(found)
