"""LimitRanges: what containers request and are limited to if they do not say, and between what they may
[plugin/pkg/admission/limitranger/admission.go, read in 1.33 in the making (a fork at 0b0abd6c);
pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem, not read in a release that could be dated].

They are there from the start to the end. Left out: maxLimitRequestRatio, limits of claims, of resources that are
neither cpu nor memory, and of what a pod asks for as a whole.
"""

from collections.abc import Iterator, Sequence

import attrs

from kmodel.kubernetes.manifests.field import Field, Fields
from kmodel.kubernetes.objects.container import Container, Resources, read_amounts
from kmodel.kubernetes.objects.pod_spec import PodSpec

RATIO = "maxLimitRequestRatio"
CONTAINER, POD = "Container", "Pod"
NONE = Resources()
UNITS = (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10))


@attrs.frozen(cache_hash=True)
class Limit:
    """The limits of each container, or of each pod: what one has that names none, the least and the most."""

    type: str
    default: Resources = NONE
    default_request: Resources = NONE
    least: Resources = NONE
    most: Resources = NONE

    def defaulted(self) -> "Limit":
        """Return the limit with its defaults: what is missing follows from the most, and then from the least."""
        if self.type != CONTAINER:
            return self
        default = self.default.or_else(self.most)
        return attrs.evolve(
            self, default=default, default_request=self.default_request.or_else(default).or_else(self.least)
        )


@attrs.frozen(cache_hash=True)
class LimitRange:
    """The limits of a namespace."""

    namespace: str
    limits: tuple[Limit, ...]


def read_limit_range(namespace: str, document: Field) -> LimitRange:
    """Return the limits that a manifest says; InputError where an amount is none."""
    spec = document.fields().optional("spec")
    items = None if spec is None else spec.fields().optional("limits")
    return LimitRange(namespace, tuple(_limit(item.fields()) for item in (() if items is None else items.items())))


def _limit(fields: Fields) -> Limit:
    names = ("default", "defaultRequest", "min", "max")
    kind = fields.required("type", 'add one, for example "Container"').string()
    return Limit(kind, *(read_amounts(fields.optional(name)) for name in names)).defaulted()


def unread(document: Field) -> bool:
    """Tell whether a manifest says something of limits that is not read, and that may have a pod refused."""
    spec = document.fields().optional("spec")
    items = None if spec is None else spec.fields().optional("limits")
    return any(RATIO in item.fields() for item in (() if items is None else items.items()))


def limited(spec: PodSpec, limits: Sequence[Limit]) -> PodSpec | str:
    """Return a pod's spec with what its containers do not say filled in, or why it is outside the limits."""
    for limit in (each for each in limits if each.type == CONTAINER):
        spec = attrs.evolve(
            spec,
            containers=tuple(_filled(each, limit) for each in spec.containers),
            init_containers=tuple(_filled(each, limit) for each in spec.init_containers),
        )
    found = list(dict.fromkeys(why for limit in limits for why in _errors(spec, limit)))
    if not found:
        return spec
    return found[0] if len(found) == 1 else f"[{', '.join(found)}]"


def _filled(container: Container, limit: Limit) -> Container:
    return attrs.evolve(
        container,
        requests=container.requests.or_else(limit.default_request),
        limits=container.limits.or_else(limit.default),
    )


def _errors(spec: PodSpec, limit: Limit) -> Iterator[str]:
    if limit.type == CONTAINER:
        for each in (*spec.containers, *spec.init_containers):
            yield from _outside(limit, each.requests, each.limits)
    elif limit.type == POD:
        yield from _outside(limit, _sum(spec, "requests"), _sum(spec, "limits"))


def _sum(spec: PodSpec, what: str) -> Resources:
    """Return what the containers of a pod have together, of what at least one has."""
    there: list[Resources] = [getattr(each, what) for each in spec.containers]
    cpu = [each.cpu_millicores for each in there if each.cpu_millicores is not None]
    memory = [each.memory_bytes for each in there if each.memory_bytes is not None]
    return Resources(sum(cpu) if cpu else None, sum(memory) if memory else None)


def _outside(limit: Limit, requests: Resources, limits: Resources) -> Iterator[str]:
    """Yield in the api-server's words why amounts are outside a limit."""
    for name, attribute in (("cpu", "cpu_millicores"), ("memory", "memory_bytes")):
        least, most = getattr(limit.least, attribute), getattr(limit.most, attribute)
        request, bound = getattr(requests, attribute), getattr(limits, attribute)
        minimum = f"minimum {name} usage per {limit.type} is {amount_text(name, least)}"
        maximum = f"maximum {name} usage per {limit.type} is {amount_text(name, most)}"
        if least is not None and request is None:
            yield f"{minimum}.  No request is specified"
        elif least is not None and request < least:
            yield f"{minimum}, but request is {amount_text(name, request)}"
        elif least is not None and bound is not None and bound < least:
            yield f"{minimum}, but limit is {amount_text(name, bound)}"
        if most is not None and bound is None:
            yield f"{maximum}.  No limit is specified"
        elif most is not None and bound > most:
            yield f"{maximum}, but limit is {amount_text(name, bound)}"
        elif most is not None and request is not None and request > most:
            yield f"{maximum}, but request is {amount_text(name, request)}"


def amount_text(name: str, amount: int | None) -> str:
    """Return an amount of cpu in millicores, or of memory in bytes, as Kubernetes writes it."""
    if amount is None:
        return ""
    if name.endswith("cpu"):
        return f"{amount}m" if amount % 1000 else str(amount // 1000)
    if name.endswith("memory"):
        return next((f"{amount // unit}{text}" for text, unit in UNITS if amount and amount % unit == 0), str(amount))
    return str(amount)
