"""How finely parts of a control plane are modelled: the fields that say so, in a scenario or by --detail."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kmodel.kubernetes.components.component import Fault
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.manifests import InputError, choose

MODES: dict[str, tuple[str, ...]] = {  # the values of a field, that which holds if nothing is said first
    "calls": ("split", "fused"),
    "deletions": ("fused", "split"),
    "scheduler": ("watch", "poll"),
    "kubelet": ("watch", "poll", "coarse"),
    "watchCaches": ("late", "prompt"),
    "clientCaches": ("late", "prompt"),
}
COARSE = {  # what cannot be seen then
    ("calls", "fused"): "nothing comes between a request and its answer",
    ("kubelet", "coarse"): "what a kubelet has to do for a pod, it does at once, and no container fails to start",
    ("watchCaches", "prompt"): "api-servers hear of changes at once",
    ("clientCaches", "prompt"): "events of watches arrive at once, and none is lost",
}


def attribute(field: str) -> str:
    """Return what a field of a scenario is called in Python."""
    return re.sub("[A-Z]", lambda letter: f"_{letter.group().lower()}", field)


def overrides(detail: Mapping[str, str]) -> dict[str, Any]:
    """Return what --detail says instead of a scenario, by attribute; InputError for an unknown part or value."""
    for field, value in detail.items():
        if field not in MODES:
            raise InputError(
                "--detail", None, field, "is no part whose detail can be chosen", choose(field, tuple(MODES))
            )
        if value not in MODES[field]:
            raise InputError("--detail", None, f"{field}={value}", "is no detail of it", choose(value, MODES[field]))
    return {attribute(field): value for field, value in detail.items()}


def is_hidden(fault: Fault, settings: Settings) -> bool:
    """Tell whether a fault cannot happen as a part is modelled."""
    field, value = fault.hidden_by or ("", "")
    return fault.hidden_by is not None and getattr(settings, attribute(field)) == value


def coarse_parts(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each part that is modelled coarsely."""
    for (field, value), unseen in COARSE.items():
        has_effect = field != "watchCaches" or settings.api_servers > 1
        if getattr(settings, attribute(field)) == value and has_effect:
            yield f"{field}: {value}, so {unseen}"
