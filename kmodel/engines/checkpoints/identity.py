"""The identity of a model: a digest of all that its exploration rests on, the same in every process."""

import hashlib
import re
import sysconfig
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import partial
from inspect import getmodule
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import attrs

from kmodel.engines.tables.spelling import spell
from kmodel.kernel import Model
from kmodel.kernel.errors import KERNEL
from kmodel.kernel.values import ATOMS

KMODEL = Path(KERNEL).resolve().parent
INSTALLED = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib"))


def identity(model: Model) -> str:
    """Return the digest of a model's symmetry, cells, constants, initial states, actions and specs, and of their code.

    The code is that of each function with what it closes over, its defaults, and whatever it names in its module, and
    that of the methods of classes, from one to the next; and the text of the files that all of it is in, with those
    beside them and those of the modules that these import, and of kmodel. Of other packages that are installed nothing
    is read.
    """
    layout, told = model.initial[0].layout, _Told()
    texts = [
        model.name,
        told.text(model.symmetry),
        *map(str, layout.cells),
        told.text(layout.may_mention),
        *(f"{cell}={told.text(value)}" for cell, value in layout.constants.items()),
        *(spell(cluster.values) for cluster in model.initial),
        *(f"{action} {told.text(action.transition)}" for action in model.actions),
        *(f"{spec.name} {told.text(spec)}" for spec in model.specs),
    ]
    digest = hashlib.sha256()
    for text in (*texts, *told.sources()):
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()


class _Told:
    """What was told of functions and objects as text, each once, and the folders that their code is in."""

    def __init__(self) -> None:
        self.roots = {KMODEL}
        self._modules: set[str] = set()  # whose imports are followed
        self._numbers: dict[int, int] = {}  # by id; what was told is kept, so that its id stays its own
        self._kept: list[object] = []

    def text(self, value: Any) -> str:
        """Return a text that is the same for what does the same in every process."""
        if isinstance(value, Enum):
            return f"{type(value).__qualname__}.{value.name}"
        if isinstance(value, ATOMS):
            return repr(value)
        if isinstance(value, tuple | list):
            return f"({','.join(map(self.text, value))})"
        if isinstance(value, set | frozenset):
            return f"{{{','.join(map(self.text, sorted(value, key=repr)))}}}"
        if isinstance(value, Mapping):
            return f"{{{','.join(f'{self.text(key)}:{self.text(value[key])}' for key in sorted(value, key=repr))}}}"
        known = self._numbers.get(id(value))
        if known is not None:
            return f"#{known}"
        self._numbers[id(value)] = len(self._kept)
        self._kept.append(value)
        return self._of_object(value)

    def _of_object(self, value: Any) -> str:
        if isinstance(value, FunctionType):
            return self._of_function(value)
        if isinstance(value, MethodType):
            return f"{self.text(value.__func__)} of {self.text(value.__self__)}"
        if isinstance(value, partial):
            return f"{self.text(value.func)} with {self.text(value.args)}{self.text(value.keywords)}"
        if isinstance(value, CodeType):
            return f"{value.co_code.hex()}{self.text(value.co_consts)}{self.text(value.co_names)}"
        if isinstance(value, property | classmethod | staticmethod):
            return self.text([getattr(value, name, None) for name in ("__func__", "fget")])
        if isinstance(value, type | ModuleType | BuiltinFunctionType):
            self._note(value)
            name = f"{getattr(value, '__module__', '')}.{value.__name__}"
            return (
                name
                if isinstance(value, BuiltinFunctionType) or self._is_installed(value)
                else f"{name}{self._members(value)}"
            )
        kind = type(value)
        self._note(kind)
        if attrs.has(kind):
            held = {each.name: getattr(value, each.name) for each in attrs.fields(kind)}
        else:
            held = getattr(value, "__dict__", None) or {"": re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))}
        return f"{self.text(kind)}{self.text(held)}"

    def _members(self, holder: Any) -> str:
        """Return the text of a class's methods and bases and of what it, or a module, holds that is a plain value."""
        kinds = (*ATOMS, tuple, frozenset) if isinstance(holder, ModuleType) else (*ATOMS, tuple, frozenset, *METHODS)
        held = {
            name: each
            for name, each in vars(holder).items()
            if isinstance(each, kinds) and not name.startswith("__") and not _is_generated(each)
        }
        return f"{self.text(held)}{self.text(getattr(holder, '__bases__', ()))}"

    def _of_function(self, function: FunctionType) -> str:
        self._note(function)
        code = function.__code__
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_full(cell)]
        named = {name: function.__globals__[name] for name in sorted(_names(code)) if name in function.__globals__}
        parts = (code, cells, function.__defaults__, function.__kwdefaults__ or {}, function.__dict__)
        here = {name: each for name, each in named.items() if not self._is_installed(each)}
        return f"{function.__module__}.{function.__qualname__}{self.text(parts)}{self.text(here)}"

    def _is_installed(self, value: Any) -> bool:
        """Tell whether a value is code of kmodel, which is read as a whole, or of another package that is installed."""
        file = _file(value) if isinstance(value, FunctionType | type | ModuleType) else None
        return file is not None and (_is_within(file, (KMODEL,)) or _is_within(file, INSTALLED))

    def _note(self, code: Any) -> None:
        """Note the folder of the outermost package that code is in, if it is no installed one."""
        file = _file(code)
        if file is None or _is_within(file, INSTALLED):
            return
        folder = file.parent
        while (folder.parent / "__init__.py").exists():
            folder = folder.parent
        self.roots.add(folder)
        module = code if isinstance(code, ModuleType) else getmodule(code)
        if module is not None and module.__name__ not in self._modules:
            self._modules.add(module.__name__)
            for each in list(vars(module).values()):
                if isinstance(each, ModuleType | FunctionType | type):
                    self._note(each)

    def sources(self) -> Iterable[str]:
        """Yield the name and the text of each source file that may matter, in order."""
        for root in sorted(self.roots):
            for file in sorted(root.rglob("*.py") if (root / "__init__.py").exists() else root.glob("*.py")):
                yield file.relative_to(root.parent).as_posix()
                yield file.read_text(encoding="utf-8", errors="replace")


METHODS = (FunctionType, property, classmethod, staticmethod)


def _is_generated(member: Any) -> bool:
    """Tell whether attrs wrote a method, from the fields that are told of anyway."""
    return isinstance(member, FunctionType) and member.__code__.co_filename.startswith("<attrs generated")


def _names(code: CodeType) -> set[str]:
    """Return the names that code, and the code within it, looks up elsewhere."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - a variable that is not assigned yet has none
    except ValueError:
        return False
    return True


def _file(code: Any) -> Path | None:
    if isinstance(code, FunctionType):
        name = code.__code__.co_filename
    else:
        module = code if isinstance(code, ModuleType) else getmodule(code)
        name = getattr(module, "__file__", None) or ""
    path = Path(name)
    return path.resolve() if name and path.is_file() else None


def _is_within(file: Path, folders: Iterable[Path]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)
