"""What the commands say of compiling: that it happens, and that it is not for each run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def telling_compiling() -> Iterator[None]:
    """Say it on the standard error as soon as something is compiled, which is why nothing else happens meanwhile."""
    from kmodel.engines.tables import compiling

    with compiling.telling(tell_compiling):
        yield


def tell_compiling(note: str) -> None:
    """Say that something is compiled."""
    click.echo(f"note     {note}", err=True)
