"""What tests of specs share: the bundled scenarios, each explored once in a run, for the items of `specs/` as well."""

from collections.abc import Mapping

import pytest

from kmodel.pytest_plugin.jobs import ScenarioJob
from kmodel.pytest_plugin.outcomes import Explored
from kmodel.pytest_plugin.stash import EXPLORATIONS, JOBS


@pytest.fixture(scope="session")
def bundled(pytestconfig: pytest.Config) -> Mapping[str, Explored]:
    """The explorations of all bundled scenarios, by name, with all specs."""
    jobs = [job for job in pytestconfig.stash[JOBS].jobs if isinstance(job, ScenarioJob)]
    explorations = pytestconfig.stash[EXPLORATIONS]
    return {job.name: explorations.of(job) for job in jobs}
