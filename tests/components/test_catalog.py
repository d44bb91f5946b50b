"""The catalog is the only list: what depends on components, kinds and faults follows from it."""

import ast
from pathlib import Path

import pytest

import kmodel.kubernetes
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.control_plane import build
from kmodel.kubernetes.objects import KINDS

HERE = Path(kmodel.kubernetes.__file__).parent
LARGEST_CONTROL_PLANE = 120  # lines
CLASSES = {kind.cls.__name__ for kind in KINDS}


def test_nobody_asks_of_which_kind_an_object_is() -> None:
    found = []
    for file in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                named = {name.id for name in ast.walk(node.args[1]) if isinstance(name, ast.Name)}
                found += [f"{file.name}:{node.lineno}: {name}" for name in named & CLASSES]
    assert found == []


def test_the_control_plane_names_no_component_and_no_fault() -> None:
    text = (HERE / "control_plane.py").read_text(encoding="utf-8") + (HERE / "components/wiring.py").read_text(
        encoding="utf-8"
    )
    names = [component.name for component in BUILT_IN.components if component.name not in ("etcd",)]
    names += [fault.name for fault in BUILT_IN.faults]
    assert [name for name in names if name in text] == []
    lines = (HERE / "control_plane.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LARGEST_CONTROL_PLANE


@pytest.mark.parametrize("component", BUILT_IN.components, ids=lambda component: component.name)
def test_a_component_that_nobody_needs_says_why_in_a_sentence(component) -> None:  # type: ignore[no-untyped-def]
    why = component.needed(BUILT_IN.plan(Settings()))
    assert why is None or (why[0].islower() and not why.endswith("."))
    assert (why is None) == (component.name in ("kube-apiserver", "etcd"))


def test_components_work_with_components_that_there_are() -> None:
    names = {component.name for component in BUILT_IN.components}
    assert all(names.issuperset(component.works_with) for component in BUILT_IN.components)
    assert all(names.issuperset(fault.victims(BUILT_IN.components)) for fault in BUILT_IN.faults)


def test_a_scenario_without_anything_has_no_actions() -> None:
    cluster, actions = build(Settings())
    assert (cluster.layout.cells, actions) == ((), ())
