"""Validation: what is wrong with an object, in the api-server's manner: the field, and why.

What holds for a kind alone stands beside its class. Upstream: pkg/apis/core/validation/validation.go, not read in a
release that could be dated.
"""

from kmodel.kubernetes.objects import ApiObject
from kmodel.kubernetes.objects.meta import name_errors


def errors(value: ApiObject) -> tuple[str, ...]:
    """Return all that is wrong with an object, an empty tuple if it is valid."""
    return (*name_errors(value.metadata), *value.errors())
