"""The pytest plugin: one test item per spec and scenario, `specs/quota.py::no_node_is_overcommitted[two-pods]`.

It collects the Python files below the folder `specs/` of the root folder, and explores a scenario once for all its
specs: in the first item that asks, whichever process that runs in.
"""

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from kmodel.discovery import FOLDER, is_spec_file
from kmodel.engines.clock import seconds_in
from kmodel.pytest_plugin.explorations import Explorations
from kmodel.pytest_plugin.items import SpecFile, SpecItem
from kmodel.pytest_plugin.project import Project
from kmodel.pytest_plugin.stash import EXPLORATIONS, PROJECT
from kmodel.pytest_plugin.summary import print_summary

SHARED = "kmodel_shared"  # where xdist tells a worker the folder through which workers share what they explored


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add kmodel's options."""
    group = parser.getgroup("kmodel", "kmodel: explore scenarios of the Kubernetes control plane")
    group.addoption(
        "--kmodel-engine",
        choices=("exhaustive", "hypothesis"),
        help="explore every scenario with this engine, whatever it asks for itself",
    )
    group.addoption(
        "--kmodel-max-states",
        type=int,
        metavar="N",
        help="stop an exhaustive exploration after N states, whatever the scenario says",
    )
    group.addoption(
        "--kmodel-max-time",
        type=seconds_in,
        metavar="TIME",
        help="stop the exploration of a scenario after this time, such as 60s or 5m",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the project's specs, and where to share what is explored."""
    limit = config.getoption("--kmodel-max-states")
    if limit is not None and limit < 1:
        raise pytest.UsageError(f"--kmodel-max-states is {limit}; it must be at least 1")
    shared = getattr(config, "workerinput", {}).get(SHARED)
    if shared is None and config.getoption("numprocesses", None):
        shared = tempfile.mkdtemp(prefix="kmodel-")
        config.add_cleanup(lambda: shutil.rmtree(shared, ignore_errors=True))
    config.stash[PROJECT] = Project(config.rootpath / FOLDER)
    config.stash[EXPLORATIONS] = Explorations.configured(config, None if shared is None else Path(shared))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the workers share what they explored."""
    shared = node.config.stash[EXPLORATIONS].shared
    if shared is not None:
        node.workerinput[SHARED] = str(shared.folder)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collect a spec file by its specs; pytest itself would import it as a test module when it is named."""
    collectors = yield
    project = parent.config.stash[PROJECT]
    if file_path.is_relative_to(project.folder) and is_spec_file(file_path):
        return [SpecFile.from_parent(parent, path=file_path)]
    return collectors


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which scenarios will be asked for, so that waiting workers can explore them."""
    items = (item for item in session.items if isinstance(item, SpecItem))
    session.config.stash[EXPLORATIONS].wanted = list(dict.fromkeys(item.job for item in items))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say of each scenario how much of it was seen, and the verdicts."""
    print_summary(terminalreporter, config.stash[EXPLORATIONS].all(), config.stash[PROJECT])
