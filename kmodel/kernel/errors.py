"""Errors of a model: each names the function, the cell and the fix in one line."""

import inspect
import os
import traceback
from pathlib import Path

KERNEL = str(Path(__file__).parent)


RAISED = (Exception, SystemExit)
"""What a function that somebody wrote may end with: `sys.exit()` in it is a mistake, too, and ends no check."""


class ModelError(Exception):
    """The model breaks a rule of the kernel: a transition or a spec is impure, or uses a cell that is not there."""


class BoundReached(Exception):  # noqa: N818 - a bound is no mistake; engines turn it into a verdict
    """The model cannot go on within the scenario's limits, for example because a pool of names is used up."""


def place_of(function: object) -> str:
    """Return the file and line of a function, as messages tell them; the function's name if there is no source."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    if code is None:
        return repr(function)
    return f"{_near(code.co_filename)}:{code.co_firstlineno}"


def _near(file: str) -> str:
    return os.path.relpath(file) if Path(file).is_relative_to(Path.cwd()) else file


def name_error(who: str, error: BaseException) -> ModelError:
    """Return the error that somebody's function raised as one that names the function and the line."""
    if isinstance(error, ModelError):
        return ModelError(f"{who}: {error}")
    frames = traceback.extract_tb(error.__traceback__)
    # What the kernel does on behalf of the function, such as reading an attribute, is not where the mistake is.
    frame = next((frame for frame in reversed(frames) if not frame.filename.startswith(KERNEL)), frames[-1])
    said = " ".join(str(error).split())
    return ModelError(f"{who}: {_near(frame.filename)}:{frame.lineno}, in {frame.name}: {type(error).__name__}: {said}")
