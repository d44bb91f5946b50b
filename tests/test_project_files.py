"""Finding spec files and scenarios, and importing them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmodel.kubernetes.scenario import InputError
from kmodel.project.spec_files import find_folder, find_scenarios, find_spec_files, is_for_kmodel, load_specs

SPEC = """
from kmodel.kernel import invariant

@invariant
def {name}(cluster):
    return True
"""


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    folder = tmp_path / "specs"
    (folder / "scenarios").mkdir(parents=True)
    return folder


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_specs_come_in_the_order_of_files_and_lines(specs: Path) -> None:
    write(specs / "storage.py", SPEC.format(name="second") + SPEC.format(name="first"))
    write(specs / "nodes/quota.py", SPEC.format(name="quota"))
    write(specs / "test_storage.py", "raise RuntimeError")
    write(specs / "conftest.py", "raise RuntimeError")
    assert [spec.name for spec in load_specs(specs)] == ["quota", "second", "first"]
    assert [spec.module.rpartition(".")[2] for spec in load_specs(specs)] == ["quota", "storage", "storage"]


def test_a_spec_file_is_imported_once_and_may_import_others(specs: Path) -> None:
    write(specs / "base.py", SPEC.format(name="base"))
    name = load_specs(specs)[0].module.partition(".")[0]
    write(specs / "derived.py", f"from {name}.base import base\n" + SPEC.format(name="derived"))
    assert [spec.name for spec in load_specs(specs)] == ["base", "derived"]
    assert load_specs(specs)[0] is load_specs(specs)[0]


def test_folders_of_the_same_name_do_not_meet(tmp_path: Path) -> None:
    for project in ("a", "b"):
        write(tmp_path / project / "specs/storage.py", SPEC.format(name=project))
    assert [load_specs(tmp_path / project / "specs")[0].name for project in ("a", "b")] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_of_the_kind", ":1: cannot be imported: ModuleNotFoundError: No module named"),
        ("x = 1\ny = x.z", ":2: cannot be imported: AttributeError: 'int' object has no attribute 'z'"),
        ("x = (\n", ":1: is no Python: '(' was never closed; correct the syntax"),
    ],
)
def test_an_import_error_is_one_line_that_names_the_place(specs: Path, text: str, why: str) -> None:
    write(specs / "broken.py", text)
    with pytest.raises(InputError) as caught:
        load_specs(specs)
    assert f"broken.py{why}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_specs_folder_is_the_nearest_one_above(specs: Path) -> None:
    below = specs.parent / "manifests/web"
    below.mkdir(parents=True)
    assert find_folder(specs.parent) == find_folder(below) == find_folder(specs) == specs
    assert find_folder(specs / "scenarios") == specs


def test_without_a_folder_there_is_none_to_load(tmp_path: Path) -> None:
    assert find_folder(tmp_path) is None
    with pytest.raises(InputError, match="there is no such folder"):
        load_specs(tmp_path / "specs")


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("user_spec.rb", "describe User", False),
        ("user.py", "import behave", False),
        ("scenarios/login.yaml", "steps: [open, log in]", False),
        ("storage.py", "from kmodel.kernel import invariant", True),
        ("controllers/cache.py", "import kmodel", True),
        ("scenarios/web.yaml", "apiVersion: v1\nkind: Pod", True),
    ],
)
def test_a_folder_of_another_program_is_told_apart(specs: Path, name: str, text: str, meant: bool) -> None:
    write(specs / name, text)
    assert is_for_kmodel(specs) is meant


def test_scenarios_come_in_the_order_of_their_names(specs: Path) -> None:
    for name in ("b.yaml", "a.yml", "notes.txt", ".hidden", "c.yaml"):
        write(specs / "scenarios" / name, "")
    assert [file.name for file in find_scenarios(specs)] == ["a.yml", "b.yaml", "c.yaml"]
    assert find_scenarios(specs / "scenarios") == ()
    assert find_spec_files(specs) == ()
