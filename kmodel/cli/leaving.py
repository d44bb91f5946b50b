"""How a command ends: at once, since to take down a million objects one by one is a seventh of a small check."""

import atexit
import os
import sys
from collections.abc import Callable


def run(command: Callable[[], object]) -> None:
    """Run a command that ends with SystemExit, and then leave without freeing what it made.

    What others asked to do at the end is done as ever, as is what threads still do. All other ends are Python's own.
    """
    code: list[int] = []
    # The last to be called, as the first to be asked for; but for what the imports of the commands asked for.
    atexit.register(lambda: _leave(code))
    try:
        command()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            code.append(ended.code or 0)
        raise


def _leave(code: list[int]) -> None:
    if not code:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # of which Python says what it has to say
        return
    os._exit(code[0])
