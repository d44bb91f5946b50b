"""A project: what is asked, what it is asked of, and what the clusters are made of; its own, and what kmodel brings."""

from kmodel.project.files import BUILT_IN_FOLDER, FOLDER
from kmodel.project.project import Input, ModelFile, Project, read_model

__all__ = ["BUILT_IN_FOLDER", "FOLDER", "Input", "ModelFile", "Project", "read_model"]
