"""The files of a folder `specs/`: its Python files, which are imported, and the YAML files in its `scenarios/`."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import attrs

from kmodel.input_error import InputError
from kmodel.kernel import Spec
from kmodel.kubernetes.components.component import Component, Fault
from kmodel.kubernetes.components.variant import Variant
from kmodel.kubernetes.objects import Kind
from kmodel.project.python_files import FOLDER, module_of, near

if TYPE_CHECKING:
    from kmodel.controllers import Controller

NOT_SPECS = ("conftest.py", "__init__.py", "setup.py")
MOST_NAMED = 3  # functions of a file without a spec


def find_folder(start: Path) -> Path | None:
    """Return the folder `specs/` that is the folder itself, or in it, or in one above; None if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if folder.name == FOLDER and folder.is_dir():
            return folder
        if (folder / FOLDER).is_dir():
            return folder / FOLDER
    return None


def is_for_kmodel(folder: Path) -> bool:
    """Tell whether a folder `specs/` is meant for kmodel, and not for another program that has one, too.

    It is if a Python file in it speaks of kmodel, or its folder `scenarios/` has a manifest; one without files may be.
    """
    if any(b"kmodel" in _bytes(file) for file in find_spec_files(folder)):
        return True
    return any(b"kind:" in _bytes(file) for file in _scenario_files(folder))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def find_scenarios(specs_folder: Path) -> tuple[Path, ...]:
    """Return the YAML files of `specs/scenarios/`, in the order of their names; InputError if two have one name."""
    found = _scenario_files(specs_folder)
    for file, other in pairwise(found):
        if file.stem == other.stem:
            problem = f"{file.name} beside it has the same name, {file.stem!r}"
            raise InputError(near(other), None, "", problem, "rename one of the two")
    return tuple(found)


def _scenario_files(specs_folder: Path) -> list[Path]:
    files = (specs_folder / "scenarios").glob("*")
    return sorted(file for file in files if file.suffix in (".yaml", ".yml") and file.is_file())


def find_spec_files(specs_folder: Path) -> tuple[Path, ...]:
    """Return the Python files below the folder that may hold specs, in the order of their paths."""
    return tuple(sorted(file for file in specs_folder.rglob("*.py") if is_spec_file(file)))


def is_spec_file(file: Path) -> bool:
    """Tell whether a Python file may hold specs: it is neither a test nor part of a package's machinery."""
    if file.suffix != ".py" or file.name in NOT_SPECS or "__pycache__" in file.parts:
        return False
    return not (file.stem.startswith("test_") or file.stem.endswith("_test"))


def load_specs(folder: Path) -> tuple[Spec, ...]:
    """Import every spec file below the folder and return their specs in order; InputError if one cannot be imported.

    No two of them have the same name: where their functions do, the name is qualified with the file.
    """
    if not folder.is_dir():
        raise InputError(str(folder), None, "", "there is no such folder", "name one that holds spec files")
    return distinct(spec for file in find_spec_files(folder) for spec in load_file(folder, file))


def load_file(folder: Path, file: Path) -> tuple[Spec, ...]:
    """Import one spec file below the folder, once, and return the specs written in it; InputError if that fails."""
    return load_all(folder, file).specs


@attrs.frozen
class Definitions:
    """What a file defines, by the types of its variables: specs, and parts of the control plane."""

    specs: tuple[Spec, ...]
    components: tuple[Component, ...]
    kinds: tuple[Kind[Any], ...]
    faults: tuple[Fault, ...]
    variants: tuple[Variant, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.specs or self.components or self.kinds or self.faults or self.variants)


def load_all(folder: Path, file: Path) -> Definitions:
    """Import one file below the folder, once, and return what it defines; InputError if that fails."""
    module = module_of(folder.resolve(), file.resolve())
    held = list(vars(module).values())
    controllers = _controllers(held)
    faults = [fault for each in controllers for fault in each.faults]
    return Definitions(
        (*_specs_of(module, file), *(promises() if controllers else ())),
        (*(value for value in held if isinstance(value, Component)), *(each.component for each in controllers)),
        tuple(value for value in held if isinstance(value, Kind)),
        (
            *(value for value in held if isinstance(value, Fault)),
            *faults,
        ),
        tuple(value for value in held if isinstance(value, Variant)),
    )


def _controllers(held: list[Any]) -> "list[Controller]":
    """Return the controllers among values; there is none unless somebody has imported what it takes to write one."""
    of = sys.modules.get("kmodel.controllers.controller")
    return [] if of is None else [value for value in held if isinstance(value, of.Controller)]


def promises() -> tuple[Spec, ...]:
    """Return the specs that each controller should keep."""
    from kmodel.controllers.promises import PROMISES

    return PROMISES


def load_hook(hook: Path, manifests: tuple[Path, ...]) -> Definitions:
    """Return what a published hook of Metacontroller brings, by the manifests beside it and these."""
    from kmodel.controllers.published import published

    controller, kinds = published(hook, manifests)
    return Definitions((), (controller.component,), kinds, controller.faults)


def _specs_of(module: ModuleType, file: Path) -> tuple[Spec, ...]:
    specs = tuple(dict.fromkeys(spec for spec in vars(module).values() if _is_spec_of(module, spec)))
    named: dict[str, Spec] = {}
    for spec in specs:
        if named.setdefault(spec.name, spec) is not spec:
            line = spec.function.__code__.co_firstlineno
            raise InputError(near(file), line, "", f"two specs are called {spec.name}", "rename one of the functions")
    for holder, name in _methods(module):
        problem = f"the spec {name} is in the class {holder}, where nobody asks it"
        raise InputError(near(file), None, "", problem, "move it out of the class")
    return specs


def distinct(specs: Iterable[Spec]) -> tuple[Spec, ...]:
    """Return the specs of a project, qualified with the names of their files where their own names are the same."""
    specs = tuple(dict.fromkeys(specs))
    alike: dict[str, list[Spec]] = defaultdict(list)
    for spec in specs:
        alike[spec.name].append(spec)
    return tuple(spec if len(alike[spec.name]) == 1 else _qualified(spec, alike[spec.name]) for spec in specs)


def _qualified(spec: Spec, alike: Iterable[Spec]) -> Spec:
    """Return the spec with as many of the last parts of its module's name as tell it from those of the same name."""
    others = [other.module for other in alike if other is not spec]
    *_, module = parts = spec.module.split(".")
    for first in reversed(range(len(parts))):
        module = ".".join(parts[first:])
        if not any(f".{other}".endswith(f".{module}") for other in others):
            break
    return attrs.evolve(spec, qualifier=module)


def nothing_found(folder: Path) -> str:
    """Return the line that says what there is below a folder in which nothing was found, and what to do."""
    files = find_spec_files(folder)
    if not files:
        return f"{near(folder)}: there is no spec file; write one with a function below @invariant"
    found = [(file, _own(module_of(folder.resolve(), file.resolve()))) for file in files]
    file, own = next(((file, own) for file, own in found if own), found[0])
    others = f" (nor do {len(files) - 1} other files)" if len(files) > 1 else ""
    return f"{near(file)} defines no spec{others}: {_undecorated(own)}; write @invariant above a function"


def _own(module: ModuleType) -> tuple[str, ...]:
    """Return the names of the functions that are written in the module, also of those in its classes."""
    names: list[str] = []
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType):
            names.append(name)
        elif isinstance(value, type):
            names += [f"{name}.{inner}" for inner, held in vars(value).items() if isinstance(held, FunctionType)]
    return tuple(names)


def _undecorated(names: tuple[str, ...]) -> str:
    if not names:
        return "it defines no function"
    shown = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
    return f"{shown} {'is' if len(names) == 1 else 'are'} not decorated"


def _is_spec_of(module: ModuleType, value: object) -> bool:
    return isinstance(value, Spec) and value.module == module.__name__


def _methods(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the specs that are written in classes of the module, each as the names of class and function."""
    for holder in vars(module).values():
        if isinstance(holder, type) and holder.__module__ == module.__name__:
            for value in vars(holder).values():
                if isinstance(value, Spec) and _is_spec_of(module, value):
                    yield holder.__name__, value.name
