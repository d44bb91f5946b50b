"""Variants: a component that differs in some transitions takes the place of the one of its name."""

from pathlib import Path

import attrs
import pytest

from kmodel.input_error import InputError
from kmodel.kernel import Cluster, transition
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.component import Component
from kmodel.kubernetes.components.variant import Variant, variant
from kmodel.project import Project

OTHER = """
import attrs
from kmodel.kubernetes.components import scheduler
from kmodel.kubernetes.components.variant import Variant

OTHER = Variant(attrs.evolve(scheduler.COMPONENT, name="scheduler-of-dreams"))
"""


@transition(actor="kube-scheduler", object="pod/{pod}")
def schedule(cluster: Cluster, pod: str, node: str) -> Cluster | None:
    """Schedule nothing."""
    return None


@transition(actor="kube-scheduler", object="pod/{pod}")
def schedule_all(cluster: Cluster, pod: str) -> Cluster | None:
    """Take other names."""
    return None


def scheduler_in(components: tuple[Component, ...]) -> Component:
    return next(component for component in components if component.name == "kube-scheduler")


def test_a_variant_stands_where_the_component_stood_and_keeps_all_else() -> None:
    other = variant(scheduler.COMPONENT, {scheduler.schedule: schedule}).component
    catalog = BUILT_IN.with_variants([other])
    assert [each.name for each in catalog.components] == [each.name for each in BUILT_IN.components]
    (caller,) = scheduler_in(catalog.components).callers
    assert caller.sends == (schedule, scheduler.find_no_node)
    assert scheduler_in(BUILT_IN.components) is scheduler.COMPONENT
    assert attrs.evolve(other, callers=scheduler.COMPONENT.callers).users == scheduler.COMPONENT.users


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (schedule_all, schedule, "kube-scheduler has no transition schedule_all"),
        (scheduler.schedule, schedule_all, "schedule_all takes other names than schedule; take pod, node"),
    ],
)
def test_what_cannot_be_replaced_is_refused(old: object, new: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        variant(scheduler.COMPONENT, {old: new})  # type: ignore[dict-item]


def test_a_variant_of_nothing_is_told_with_its_file(tmp_path: Path) -> None:
    assert Variant(scheduler.COMPONENT).component is scheduler.COMPONENT
    (tmp_path / "dreams.py").write_text(OTHER, encoding="utf-8")
    with pytest.raises(InputError, match="there is no component scheduler-of-dreams to vary; name one"):
        Project(None, (tmp_path / "dreams.py",)).catalog  # noqa: B018
