"""Numbers of pods that may be percentages of those that are wanted
[staging/src/k8s.io/apimachinery/pkg/util/{intstr/intstr.go,validation/validation.go}, 1.34].
"""

import re
from collections.abc import Iterator

from kmodel.kubernetes.manifests.field import Field
from kmodel.kubernetes.objects.field_errors import negative

ALL = 100  # percent
PERCENT = re.compile("([0-9]{1,9})%")

Share = int | str  # a number of pods, or a percentage of those that are wanted


def scaled(share: Share | None, replicas: int, *, up: bool) -> int:
    """Return a share as a number of pods, rounded up or down [intstr.GetScaledValueFromIntOrPercent]."""
    if share is None or isinstance(share, int):
        return share or 0
    percent = (percentage(share) or 0) * replicas
    return -(-percent // ALL) if up else percent // ALL


def percentage(share: Share | None) -> int | None:
    """Return how many percent a share is; None if it is a number, or no share at all."""
    found = PERCENT.fullmatch(share) if isinstance(share, str) else None
    return None if found is None else int(found[1])


def share_errors(path: str, share: Share | None) -> Iterator[str]:
    """Yield what is wrong with a share."""
    if isinstance(share, str) and percentage(share) is None:
        yield f"{path}: Invalid value: {share!r}: a valid percent string must be a numeric followed by an ending '%'"
    elif isinstance(share, int):
        yield from negative(path, share)


def read_share(field: Field | None) -> Share | None:
    """Return a number of pods, or a percentage of those that are wanted."""
    if field is None:
        return None
    return field.string() if field.is_string else field.integer()
