"""The pytest plugin: one test item per spec and scenario, `specs/quota.py::no_node_is_overcommitted[two-pods]`.

It collects the Python files below the folder `specs/` of the root folder, and the specs of kmodel itself if that has
scenarios. It explores a scenario once for all its specs: in the first item that asks, whichever process that runs in.
"""

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from kmodel.engines.clock import seconds_in
from kmodel.project import BUILT_IN_FOLDER, Project
from kmodel.project.python_files import FOLDER
from kmodel.project.spec_files import is_for_kmodel, is_spec_file
from kmodel.pytest_plugin.explorations import Explorations
from kmodel.pytest_plugin.exploring import add_engine_options
from kmodel.pytest_plugin.items import SpecFile, SpecItem
from kmodel.pytest_plugin.jobs import Jobs
from kmodel.pytest_plugin.stash import EXPLORATIONS, JOBS
from kmodel.pytest_plugin.terminal_summary import print_summary

SHARED = "kmodel_shared"  # where xdist tells a worker the folder through which workers share what they explored


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add kmodel's options."""
    group = parser.getgroup("kmodel", "kmodel: explore scenarios of the Kubernetes control plane")
    add_engine_options(group)
    group.addoption(
        "--kmodel-only-mine", action="store_true", help="leave out the specs and scenarios that come with kmodel"
    )
    group.addoption(
        "--kmodel-max-time",
        type=seconds_in,
        metavar="TIME",
        help="stop the exploration of a scenario after this time, such as 60s or 5m",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the project's specs, and where to share what is explored."""
    shared = getattr(config, "workerinput", {}).get(SHARED)
    if shared is None and config.getoption("numprocesses", None):
        shared = tempfile.mkdtemp(prefix="kmodel-")
        config.add_cleanup(lambda: shutil.rmtree(shared, ignore_errors=True))
    config.stash[JOBS] = Jobs(_project(config))
    config.stash[EXPLORATIONS] = Explorations.configured(config, None if shared is None else Path(shared))


def _project(config: pytest.Config) -> Project:
    """Return the project of the root folder, whose `specs/` need not be there, nor be meant for kmodel."""
    only_mine = config.getoption("--kmodel-only-mine")
    folder = config.rootpath / FOLDER
    is_there = folder.is_dir() and (only_mine or is_for_kmodel(folder))
    return Project(folder if is_there else None, only_mine=only_mine)


def pytest_collection(session: pytest.Session) -> None:
    """Ask the specs that come with kmodel as well, where a whole project with scenarios of its own is under test."""
    config, project = session.config, session.config.stash[JOBS].project
    if config.args_source is pytest.Config.ArgsSource.ARGS or project.own is None:
        return
    is_whole = any(project.own.is_relative_to(Path(arg).resolve()) for arg in config.args)
    if is_whole and BUILT_IN_FOLDER in project.folders and any(map(project.is_mine, project.scenarios.values())):
        config.args.append(str(BUILT_IN_FOLDER))


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
    if is_spec_file(file_path) and parent.config.stash[JOBS].folder_of(file_path) is not None:
        return [SpecFile.from_parent(parent, path=file_path)]
    return collectors


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which scenarios will be asked for, so that waiting workers can explore them."""
    items = (item for item in session.items if isinstance(item, SpecItem))
    session.config.stash[EXPLORATIONS].wanted = list(dict.fromkeys(item.job for item in items))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say of each scenario how much of it was seen, and the verdicts."""
    print_summary(terminalreporter, config.stash[EXPLORATIONS].all(), config.stash[JOBS])
