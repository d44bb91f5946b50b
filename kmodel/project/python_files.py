"""Python files that a user wrote, imported by their paths: what is wrong with one is told in one line."""

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from kmodel.input_error import InputError
from kmodel.kernel import ModelError
from kmodel.kernel.errors import RAISED

FOLDER = "specs"
PACKAGE = Path(__file__).resolve().parents[1]
# The specs that come with kmodel lie within the package, or beside it where that is a clone.
BUILT_IN_FOLDER = PACKAGE / FOLDER if (PACKAGE / FOLDER).is_dir() else PACKAGE.parent / FOLDER
BUILT_IN_PACKAGE = f"kmodel.{FOLDER}"


def variable(file: Path, name: str) -> object:
    """Import a Python file and return what it calls by this name; None if nothing. InputError if that fails."""
    file = file.resolve()
    return getattr(module_of(file.parent, file), name, None)


def module_of(folder: Path, file: Path) -> ModuleType:
    """Import a file below the folder, once, and return its module; InputError if that fails."""
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
    except RAISED as error:
        del sys.modules[name]
        raise _not_imported(folder, file, error) from error
    return module


def _package(folder: Path) -> str:
    """Return the name of the package that stands for the folder, so that spec files may import one another."""
    if folder == BUILT_IN_FOLDER:
        names: tuple[str, ...] = (BUILT_IN_PACKAGE,)
    else:
        hashed = f"{folder.name}_{hashlib.sha256(bytes(folder)).hexdigest()[:8]}"
        # Only a folder specs/ may take its own name: that of another could be the name of a library.
        names = (FOLDER, hashed) if folder.name == FOLDER else (hashed,)
    for name in names:
        known = sys.modules.get(name)
        if known is None:
            known = sys.modules[name] = ModuleType(name)
            known.__path__ = [str(folder)]
        if [Path(place).resolve() for place in getattr(known, "__path__", ())] == [folder]:
            return name
    raise AssertionError(f"the name {name} is another module's")


def _not_imported(folder: Path, file: Path, error: BaseException) -> InputError:
    """Return the error in one line, with the place below the folder where it came from: a file may import others."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return InputError(near(file), error.lineno, "", f"is no Python: {error.msg}", "correct the syntax")
    frames = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder)
    ]
    place, line = frames[-1] if frames else (file, None)
    problem, fix = _in_words(error)
    return InputError(near(place), line, "", problem.removeprefix(f"{near(place)}:{line}: "), fix)


def _in_words(error: BaseException) -> tuple[str, str]:
    said = " ".join(str(error).split())
    if isinstance(error, SystemExit):
        return f"ends the program when it is imported: sys.exit({said})", "remove that line"
    if isinstance(error, ModelError):
        problem, _, fix = said.rpartition("; ")
        return (problem, fix) if problem else (said, "correct that line")
    return f"cannot be imported: {type(error).__name__}: {said}", "correct that line"


def near(file: Path) -> str:
    """Return the path as one would type it in the current folder."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
