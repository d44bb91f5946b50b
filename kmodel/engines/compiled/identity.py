"""The identity of a model: a digest of all that its exploration rests on, the same in every process."""

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

import kmodel
from kmodel.kernel import Model


def identity(model: Model) -> str:
    """Return the digest of a model's symmetry, cells, constants, initial states, actions, specs and their source code.

    The source code is that of the packages that the functions are in, since they call others there, and of kmodel.
    """
    layout = model.initial[0].layout
    digest = hashlib.sha256()
    for text in (
        model.name,
        _text(model.symmetry),
        *map(str, layout.cells),
        *(f"{cell}={_text(value)}" for cell, value in layout.constants.items()),
        *(_text(cluster.values) for cluster in model.initial),
        *map(str, model.actions),
        *(f"{spec.module} {spec.name} {spec.kind} {spec.hazard}" for spec in model.specs),
        *_sources(model),
    ):
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()


def _text(value: Any) -> str:
    """Return a text that is the same for equal values in every process."""
    if attrs.has(type(value)):
        return f"{type(value).__qualname__}({','.join(_text(getattr(value, each.name)) for each in _fields(value))})"
    if isinstance(value, Enum):
        return f"{type(value).__qualname__}.{value.name}"
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(f'{_text(key)}:{_text(item)}' for key, item in value.items()))}}}"
    if isinstance(value, set | frozenset):
        return f"{{{','.join(sorted(map(_text, value)))}}}"
    if isinstance(value, tuple | list):
        return f"({','.join(map(_text, value))})"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def _fields(value: Any) -> tuple[Any, ...]:
    return tuple(each for each in attrs.fields(type(value)) if each.eq)


def _sources(model: Model) -> Iterator[str]:
    """Yield the name and the text of each source file that may matter, in order."""
    functions = [action.transition.function for action in model.actions] + [spec.function for spec in model.specs]
    roots = {Path(kmodel.__file__).parent, *(root for function in functions if (root := _root(function)) is not None)}
    for root in sorted(roots):
        for file in sorted(root.rglob("*.py") if (root / "__init__.py").exists() else root.glob("*.py")):
            yield file.relative_to(root.parent).as_posix()
            yield file.read_text(encoding="utf-8", errors="replace")


def _root(function: Callable[..., Any]) -> Path | None:
    """Return the folder of the outermost package that a function is written in; None if it is in no file."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or not Path(code.co_filename).is_file():
        return None
    folder = Path(code.co_filename).resolve().parent
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder
