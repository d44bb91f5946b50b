"""A project: what is asked, what it is asked of, and what the clusters are made of; its own, and what kmodel brings."""

from kmodel.project.project import Input, ModelFile, Project, read_model
from kmodel.project.spec_files import BUILT_IN_FOLDER, FOLDER

__all__ = ["BUILT_IN_FOLDER", "FOLDER", "Input", "ModelFile", "Project", "read_model"]
