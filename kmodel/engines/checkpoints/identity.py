"""The identity of a model: a digest of all that its exploration rests on, the same in every process."""

import hashlib
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import attrs

from kmodel.engines.tables.spelling import spell
from kmodel.kernel import Model
from kmodel.kernel.errors import KERNEL
from kmodel.kernel.values import ATOMS

KMODEL = Path(KERNEL).resolve().parent
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib")).resolve()
SITES = {"site-packages", "dist-packages"}  # the folders that packages are installed in


def identity(model: Model) -> str:
    """Return the digest of a model's symmetry, cells, constants, initial states, actions and specs, and of their code.

    The code is that of each function with what it closes over, its defaults, and whatever it names in its module, and
    that of the methods of classes, from one to the next; and the text of the files that all of it is in, with those
    beside them and those of the modules that these import, wherever they are installed, and of kmodel. Packages that
    are installed also count by their versions, and those that kmodel needs by their versions only; the standard
    library does not count.
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
    for text in (*texts, *told.sources(), *sorted(told.versions)):
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()


class _Told:
    """What was told of functions and objects as text, each once, and the folders and files that their code is in."""

    def __init__(self) -> None:
        self.roots = {KMODEL}
        self.versions: set[str] = set()  # of what is installed
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
        """Tell whether a value is code of kmodel, or of another package that is installed: these are told by files."""
        file = _file(value) if isinstance(value, FunctionType | type | ModuleType) else None
        return file is not None and (file.is_relative_to(KMODEL) or _is_standard(file) or _is_at_a_site(file))

    def _note(self, code: Any) -> None:
        """Note where code is, and what its module imports, and so on."""
        waiting = [code]
        while waiting:
            code = waiting.pop()
            file, module = _file(code), _module(code)
            if file is None or file.is_relative_to(KMODEL) or _is_standard(file):
                continue
            if _is_at_a_site(file) and module is not None and self._is_told_by_version(module.__name__):
                continue
            self.roots.add(_root(file))
            if module is not None and module.__name__ not in self._modules:
                self._modules.add(module.__name__)
                held = list(vars(module).values())
                waiting += [each for each in held if isinstance(each, ModuleType | FunctionType | type)]

    def _is_told_by_version(self, module: str) -> bool:
        """Note the version of what an installed module belongs to; tell whether that is enough: kmodel needs it."""
        found = set(_distributions().get(module.partition(".")[0], ()))
        self.versions |= {f"{name} {version(name)}" for name in found}
        return any(_normal(name) in _needed() for name in found)

    def sources(self) -> Iterable[str]:
        """Yield the name and the text of each source file that may matter, in order."""
        for root in sorted(self.roots):
            found = root.rglob("*.py") if (root / "__init__.py").exists() else root.glob("*.py")
            for file in [root] if root.is_file() else sorted(found):
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


def _module(code: Any) -> ModuleType | None:
    return code if isinstance(code, ModuleType) else sys.modules.get(getattr(code, "__module__", None) or "")


def _file(code: Any) -> Path | None:
    is_function = isinstance(code, FunctionType)
    name = code.__code__.co_filename if is_function else getattr(_module(code), "__file__", None) or ""
    path = Path(name)
    return path.resolve() if name and path.is_file() else None


def _root(file: Path) -> Path:
    """Return the outermost package that a file is in, or else its folder; an installed file stands alone there."""
    folder = file.parent
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return file if folder.name in SITES else folder


def _is_standard(file: Path) -> bool:
    return file.is_relative_to(STANDARD_LIBRARY) and not _is_at_a_site(file)


def _is_at_a_site(file: Path) -> bool:
    return not SITES.isdisjoint(file.parts)


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return the names of what is installed, by the names that it is imported by."""
    return packages_distributions()


@cache
def _needed() -> frozenset[str]:
    """Return the names of what kmodel needs, and of what that needs."""
    needed, waiting = set[str](), ["kmodel"]
    while waiting:
        name = _normal(waiting.pop())
        if name in needed:
            continue
        needed.add(name)
        try:
            waiting += [re.split(r"[^\w.-]", each)[0] for each in requires(name) or () if "extra ==" not in each]
        except PackageNotFoundError:  # as on another system
            continue
    return frozenset(needed)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
