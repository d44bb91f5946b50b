"""A project: what is asked, what it is asked of, and what the clusters are made of; its own, and what kmodel brings."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kmodel.project.model_file import ModelFile, read_model
from kmodel.project.python_files import BUILT_IN_FOLDER, FOLDER

if TYPE_CHECKING:
    from kmodel.project.project import Input, Project

__all__ = ["BUILT_IN_FOLDER", "FOLDER", "Input", "ModelFile", "Project", "read_model"]


def __getattr__(name: str) -> Any:
    """Return what loads all that is known of Kubernetes only when it is asked for: a model of one's own needs none."""
    if name in ("Input", "Project"):
        return getattr(import_module("kmodel.project.project"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
