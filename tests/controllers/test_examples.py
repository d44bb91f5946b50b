"""The examples of own controllers: what is wrong with each is found, and its corrected form holds, also with faults."""

import attrs
import pytest

from kmodel.controllers import Controller
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.objects import Kind
from kmodel.kubernetes.scenario import load
from kmodel.kubernetes.scenario.building import model
from kmodel.project import Project
from kmodel.project.python_files import module_of
from kmodel.project.spec_files import load_file
from tests.controllers.scenes import EXAMPLES, broken

LOST = {"lost-answer": 1}
TOO_MANY = "a_controller_makes_no_more_than_one_child_per_desired_child"
WANTED = "a_controller_gets_what_it_wants"
LEAKED = "no_bucket_outlives_its_claim"


def violated(file: str, manifest: str, faults: dict[str, int]) -> tuple[set[str], int]:
    project = Project(None, (EXAMPLES / f"{file}.py",))
    found = project.read([EXAMPLES / f"{manifest}.yaml"], faults=faults)
    result = result_of(found.model(project.specs), Bounds(max_states=30_000))
    assert result.finished, result.stopped
    return broken(result), result.states


@pytest.mark.parametrize(
    ("file", "manifest", "faults", "specs", "states"),
    [
        ("generated_names", "cache", {}, {TOO_MANY, WANTED}, 114),
        ("given_names", "cache", {"cache-operator-restart": 1}, set(), 3_246),
        ("created_together", "site", {}, set(), 111),
        ("created_together", "site", {"site-operator-restart": 1}, {WANTED}, 1_041),
        ("created_one_by_one", "site", {"site-operator-restart": 1} | LOST, set(), 4_368),
        ("finalizer_too_late", "claim", {}, {LEAKED}, 1_726),
        ("finalizer_first", "claim", LOST, set(), 8_740),
    ],
)
def test_what_is_wrong_is_found(file: str, manifest: str, faults: dict[str, int], specs: set[str], states: int) -> None:
    assert violated(file, manifest, faults) == (specs, states)


@pytest.mark.parametrize(
    ("file", "manifest", "faults", "specs"),
    [
        ("generated_names", "cache", {}, set()),
        ("generated_names", "cache", LOST, {TOO_MANY, WANTED}),
        ("generated_names", "cache", {"cache-operator-restart": 1}, {TOO_MANY, WANTED}),
        ("created_together", "site", {"site-operator-restart": 1}, {WANTED}),
        ("finalizer_too_late", "claim", {}, {LEAKED}),
    ],
)
def test_whether_it_helps_to_read_ones_own_writes(
    file: str, manifest: str, faults: dict[str, int], specs: set[str]
) -> None:
    """It does where a late cache alone is the cause: not where a crash is, a lost answer, or the user."""
    path = EXAMPLES / f"{file}.py"
    of = module_of(path.parent, path)
    (operator,) = (value for value in vars(of).values() if isinstance(value, Controller))
    patient = attrs.evolve(operator, reads_own_writes=True)
    kinds = [value for value in vars(of).values() if isinstance(value, Kind)]
    catalog = BUILT_IN.with_more([patient.component], kinds, patient.faults)
    made = load([EXAMPLES / f"{manifest}.yaml"], faults=faults, catalog=catalog)
    result = result_of(model(made, load_file(path.parent, path)), Bounds(max_states=30_000))
    assert broken(result) == specs
