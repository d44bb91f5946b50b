"""How functions are compiled and kept on disk, and how to hear that one is compiled, which takes its time."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from numba.core import event
from numba.core.runtime.nrt import rtsys

FUNCTIONS: list[Any] = []  # all that may be compiled, of the modules that were imported
ONCE = "compiling the search, once after an installation, up to a minute; `kmodel warm` does it ahead"
EACH_TIME = (
    "compiling the search, up to a minute at each run, as no folder for compiled functions can be written; set "
    "NUMBA_CACHE_DIR to one that can be"
)


def _load_without_blas() -> None:
    """Load Numba's functions of arrays without SciPy's linear algebra, which takes a quarter of a second to import.

    Numba loads it only to see whether it is there (`_check_blas` in numba/np/arraymath.py, Numba 0.68). As SciPy is
    among the requirements, it is; a function that needs it imports it when it is compiled.
    """
    blas = "scipy.linalg.cython_blas"
    if blas in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[blas] = None  # type: ignore[assignment]  # so that an import of it fails at once
    try:
        from numba.np import arraymath
    finally:
        del sys.modules[blas]
    arraymath._HAVE_BLAS = True


def on_first_call(function: Callable[..., Any], **options: Any) -> Any:
    """Return the function compiled on its first call, kept if a folder can be written; as it is if Numba is off."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # which Numba sets from the environment
        return function
    try:
        fast = numba.njit(function, nogil=True, cache=True, **options)
        _forgive(fast._cache._cache_file)
        _load_alone(fast._cache)
    except RuntimeError:  # Numba finds no folder: neither beside the module, nor of the user, nor NUMBA_CACHE_DIR
        _load_without_blas()
        fast = numba.njit(function, nogil=True, **options)
    FUNCTIONS.append(fast)
    return fast


def _forgive(file: Any) -> None:
    """Have an index of compiled functions that cannot be read be as good as none, and written anew.

    An earlier version of kmodel may have left one that names a class which is not there any more.
    """
    load = file._load_index

    def load_if_readable() -> Any:
        try:
            return load()
        except Exception:  # whatever unpickling raises
            return {}

    file._load_index = load_if_readable


def _load_alone(cache: Any) -> None:
    """Have what is kept be loaded without all that Numba knows of typing and lowering, which only compiling needs.

    Numba loads that before it looks for what is kept (`Cache.load_overload` in numba/core/caching.py, 0.68), which
    takes a tenth of a small check, and makes sure of it again before it compiles (`CompilerBase` in core/compiler.py).
    Of it, kept functions need the runtime that counts references; other versions may need more, and so load all.
    """
    if not numba.__version__.startswith("0.68."):
        _load_without_blas()
        return

    def load_overload(signature: Any, context: Any) -> Any:
        rtsys.initialize(context)
        with cache._guard_against_spurious_io_errors():
            kept = cache._load_overload(signature, context)
        if kept is None:
            _load_without_blas()
        return kept

    cache.load_overload = load_overload


def folder() -> Path | None:
    """Return the folder below which compiled functions are kept; None if they are not."""
    paths = [function.stats.cache_path for function in FUNCTIONS]
    return None if None in paths or not paths else Path(os.path.commonpath(paths))


def is_done() -> bool:
    """Tell whether something was compiled and kept of each module whose functions may be compiled."""
    by_module: dict[str, list[Any]] = {}
    for function in FUNCTIONS:
        by_module.setdefault(function.py_func.__module__, []).append(function)
    return all(any(map(_is_kept, functions)) for functions in by_module.values())


def _is_kept(function: Any) -> bool:
    kept = function.stats.cache_path
    name = f"{function.py_func.__module__.rpartition('.')[2]}.{function.py_func.__qualname__}-*.nbi"
    return kept is not None and any(Path(kept).glob(name))


class _Listener(event.Listener):
    def __init__(self, told: Callable[[str], None]) -> None:
        self.told = told
        self.compiled: list[str] = []

    def on_start(self, event: Any) -> None:
        if not self.compiled:
            self.told(EACH_TIME if folder() is None else ONCE)
        self.compiled.append(event.data["dispatcher"].py_func.__qualname__)

    def on_end(self, event: Any) -> None:
        """Nothing: only the start is told."""


@contextmanager
def telling(told: Callable[[str], None]) -> Iterator[list[str]]:
    """Tell in one line if something is compiled meanwhile, as it begins; yield the names of what was, as it grows."""
    listener = _Listener(told)
    with event.install_listener("numba:compile", listener):
        yield listener.compiled
