"""What is wrong with the value of a field, much in the words of an api-server, which puts what is supported in quotes,
and says which number is too small [staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go, 1.34].
"""

from collections.abc import Iterator, Sequence


def unsupported(path: str, value: str | None, supported: Sequence[str]) -> Iterator[str]:
    """Yield that a field has a value that is none of those that are supported; one that is not named is none."""
    if value is not None and value not in supported:
        yield f"{path}: Unsupported value: {value!r}: supported values: {', '.join(supported)}"


def negative(path: str, value: int | None) -> Iterator[str]:
    """Yield that a field has a number below 0."""
    if (value or 0) < 0:
        yield f"{path}: Invalid value: must be greater than or equal to 0"
