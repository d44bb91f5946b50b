"""Where a stopped exploration was: in which transition or spec, if that had not returned."""

from collections.abc import Callable, Iterator
from inspect import unwrap
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

from kmodel.kernel import Model


def place_in(model: Model, stop: BaseException) -> str:
    """Return `, in spec s of specs/a.py:12` if what ended an exploration was raised in a function of the model.

    Nothing if it was raised elsewhere.
    """
    return _place(model, _traced(stop.__traceback__))


def place_of_frame(model: Model, frame: FrameType | None) -> str:
    """Return the same of a thread that has not come back, by the frame that it is in."""
    return _place(model, reversed(list(_outwards(frame))))


def _traced(traceback: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next


def _outwards(frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
    while frame is not None:
        yield frame.f_code, frame.f_lineno
        frame = frame.f_back


def _place(model: Model, frames: Iterator[tuple[CodeType, int]]) -> str:
    names = dict(_functions(model))
    for code, line in frames:
        if code in names:
            return f", in {names[code]} of {_near(code.co_filename)}:{line}"
    return ""


def _functions(model: Model) -> Iterator[tuple[CodeType, str]]:
    """Yield the code of each function of a model, with what it is called."""
    for action in model.actions:
        yield from _code(action.transition.function, f"transition {action.transition.name}")
    for spec in model.specs:
        for function in (spec.function, spec.premise, spec.conclusion):
            yield from _code(function, f"spec {spec.name}")


def _code(function: Callable[..., Any] | None, name: str) -> Iterator[tuple[CodeType, str]]:
    code = None if function is None else getattr(unwrap(function), "__code__", None)
    if code is not None:
        yield code, name


def _near(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename
