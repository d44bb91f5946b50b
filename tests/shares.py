"""What `make test` runs a share of, and `make test-long` the whole."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

Check = Callable[..., None]


def on_random(*drawn: SearchStrategy[Any], share: int, whole: int) -> Callable[[Check], Check]:
    """Make a test of a check: on a share of the examples, and marked `long` on the whole of them."""

    def test_of(check: Check) -> Check:
        @pytest.mark.parametrize("examples", [share, pytest.param(whole, marks=pytest.mark.long)])
        def test(examples: int) -> None:
            bounded = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
            bounded(given(*drawn)(check))()

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return test_of


def long_if_in(large: Iterable[str], names: Iterable[str]) -> list[Any]:
    """Return the names as parameters of a test, those that take long marked so."""
    return [pytest.param(name, marks=pytest.mark.long) if name in large else name for name in names]
