"""Where the plugin keeps its things in pytest's configuration."""

import pytest

from kmodel.pytest_plugin.explorations import Explorations
from kmodel.pytest_plugin.project import Project

PROJECT: pytest.StashKey[Project] = pytest.StashKey()
EXPLORATIONS: pytest.StashKey[Explorations] = pytest.StashKey()
