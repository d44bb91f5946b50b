"""kmodel: a property-based model checker for the invariants of the Kubernetes control plane.

`check(model)` explores a model of one's own, made of what kmodel.kernel has.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmodel.checking import Checked, check

    __version__: str

__all__ = ["Checked", "__version__", "check"]


def __getattr__(name: str) -> Any:
    """Return what takes its time to load only when it is asked for."""
    if name in ("Checked", "check"):
        from kmodel import checking

        return getattr(checking, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("kmodel")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
