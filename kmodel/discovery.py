"""Finding specs and scenarios: the Python files below a folder `specs/`, and the YAML files in its `scenarios/`."""

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from kmodel.kernel import Spec
from kmodel.kubernetes.scenario import InputError

FOLDER = "specs"
NOT_SPECS = ("conftest.py", "__init__.py", "setup.py")


def find_specs_folder(start: Path) -> Path:
    """Return the folder `specs/` in the folder or above it, else the one beside kmodel; InputError if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if folder.name == FOLDER and folder.is_dir():
            return folder
        if (folder / FOLDER).is_dir():
            return folder / FOLDER
    beside = Path(__file__).resolve().parents[1] / FOLDER  # kmodel run from its own checkout
    if (beside / "scenarios").is_dir():
        return beside
    raise InputError(str(start), None, "", f"there is no folder {FOLDER}/ here or above", "create one with a spec file")


def find_scenarios(specs_folder: Path) -> tuple[Path, ...]:
    """Return the YAML files of `specs/scenarios/`, in the order of their names."""
    files = (specs_folder / "scenarios").glob("*")
    return tuple(sorted(file for file in files if file.suffix in (".yaml", ".yml") and file.is_file()))


def find_spec_files(specs_folder: Path) -> tuple[Path, ...]:
    """Return the Python files below the folder that may hold specs, in the order of their paths."""
    return tuple(sorted(file for file in specs_folder.rglob("*.py") if is_spec_file(file)))


def is_spec_file(file: Path) -> bool:
    """Tell whether a Python file may hold specs: it is neither a test nor part of a package's machinery."""
    if file.suffix != ".py" or file.name in NOT_SPECS or "__pycache__" in file.parts:
        return False
    return not (file.stem.startswith("test_") or file.stem.endswith("_test"))


def load_specs(folder: Path) -> tuple[Spec, ...]:
    """Import every spec file below the folder and return their specs in order; InputError if one cannot be imported."""
    if not folder.is_dir():
        raise InputError(str(folder), None, "", "there is no such folder", "name one that holds spec files")
    return tuple(spec for file in find_spec_files(folder) for spec in load_file(folder, file))


def load_file(folder: Path, file: Path) -> tuple[Spec, ...]:
    """Import one spec file below the folder, once, and return the specs written in it; InputError if that fails."""
    module = _module_of(folder.resolve(), file.resolve())
    specs = (value for value in vars(module).values() if isinstance(value, Spec))
    return tuple(dict.fromkeys(spec for spec in specs if spec.module == module.__name__))


def _module_of(folder: Path, file: Path) -> ModuleType:
    relative = file.relative_to(folder).with_suffix("")
    name = ".".join((_package(folder), *relative.parts))
    known = sys.modules.get(name)
    if known is not None:
        return known
    found = importlib.util.spec_from_file_location(name, file)
    assert found is not None, f"{file} has the suffix of a Python file"
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise _not_imported(file, error) from error
    return module


def _package(folder: Path) -> str:
    """Return the name of the package that stands for the folder, so that spec files may import one another."""
    for name in (folder.name, f"{folder.name}_{hashlib.sha256(bytes(folder)).hexdigest()[:8]}"):
        known = sys.modules.get(name)
        if known is None:
            known = sys.modules[name] = ModuleType(name)
            known.__path__ = [str(folder)]
        if [Path(place).resolve() for place in getattr(known, "__path__", ())] == [folder]:
            return name
    raise AssertionError(f"the name {name} is another module's")


def _not_imported(file: Path, error: Exception) -> InputError:
    shown = str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return InputError(shown, error.lineno, "", f"is no Python: {error.msg}", "correct the syntax")
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    problem = f"cannot be imported: {type(error).__name__}: {' '.join(str(error).split())}"
    return InputError(shown, lines[-1] if lines else None, "", problem, "correct that line")
