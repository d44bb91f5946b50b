"""Where the plugin keeps its things in pytest's configuration."""

import pytest

from kmodel.pytest_plugin.explorations import Explorations
from kmodel.pytest_plugin.jobs import Jobs

JOBS: pytest.StashKey[Jobs] = pytest.StashKey()
EXPLORATIONS: pytest.StashKey[Explorations] = pytest.StashKey()
