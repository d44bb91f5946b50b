"""Node affinity: the terms of which a node must match one
[staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go, 1.34].

Left out: what is only preferred, and the affinity to other pods.
"""

from collections.abc import Iterator

import attrs

from kmodel.kubernetes.manifests.field import Field
from kmodel.kubernetes.objects.meta import Labels

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
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


def read_affinity(field: Field | None, left_out: list[str]) -> Terms | None:
    """Return the terms of which a node must match one; None if any node will do."""
    if field is None:
        return None
    fields = field.fields()
    of_node = fields.optional("nodeAffinity")
    terms = None
    if of_node is not None:
        members = of_node.fields()
        required = members.optional(REQUIRED)
        if required is not None:
            listed = required.fields().optional("nodeSelectorTerms")
            terms = () if listed is None else tuple(_term(item) for item in listed.items())
        left_out.extend(members.unmodelled((REQUIRED, "preferredDuringSchedulingIgnoredDuringExecution")))
    left_out.extend(fields.unmodelled(("nodeAffinity", "podAffinity", "podAntiAffinity")))
    return terms


def _term(field: Field) -> Term:
    members = field.fields()
    found = []
    for name in ("matchExpressions", "matchFields"):
        listed = members.optional(name)
        for item in () if listed is None else listed.items():
            parts = item.fields()
            values = parts.optional("values")
            found.append(
                Requirement(
                    parts.required("key").string(),
                    parts.required("operator").string(),
                    () if values is None else values.strings(),
                    of_fields=name == "matchFields",
                )
            )
    members.refuse_others("a node selector term", ("matchExpressions", "matchFields"))
    return tuple(found)
