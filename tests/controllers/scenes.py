"""Scenes of tests of own controllers: a Cache, and what becomes of it with a controller."""

from pathlib import Path
from typing import Any

import attrs

from kmodel.controllers import Controller, custom_kind
from kmodel.controllers.promises import PROMISES
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import Cluster, Model, Spec
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components.settings import Command, Session, Settings
from kmodel.kubernetes.control_plane import build
from kmodel.kubernetes.objects import Kind, ObjectMeta
from kmodel.kubernetes.scenario.completing import complete
from kmodel.kubernetes.scenario.scenario import Scenario

EXAMPLES = Path(__file__).parents[2] / "examples/own_controller"
Cache = custom_kind("example.com/v1", "Cache", spec={"replicas": 1}, status={"pods": 0})


def cache(replicas: int = 1, name: str = "main", **metadata: Any) -> Any:
    """Return a Cache."""
    made = Cache.cls(ObjectMeta(name, **metadata))
    return attrs.evolve(made, spec=attrs.evolve(made.spec, replicas=replicas))


def manifest(name: str, **metadata: Any) -> dict[str, Any]:
    """Return the manifest of a pod."""
    containers = [{"name": "redis", "image": "redis"}]
    named = {"name": name} if name else {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**named, **metadata}, "spec": {"containers": containers}}


def create(value: Any) -> Command:
    """Return the command that creates an object."""
    return Command("create", f"{value.kind.lower()}s", value.metadata.key, value)


def scene(
    controller: Controller,
    *commands: Command,
    stored: tuple[Any, ...] = (),
    faults: dict[str, int] | None = None,
    kinds: tuple[Kind[Any], ...] = (Cache,),
    actors: tuple[str, ...] = (),
) -> Scenario:
    """Return the scenario of a controller, with what users ask for."""
    catalog = BUILT_IN.with_more([controller.component], kinds, controller.faults)
    settings = Settings(
        objects=stored,
        sessions=(Session("admin", commands),) if commands else (),
        faults=tuple((faults or {}).items()),
        names_per_workload=3,
    )
    return complete(Scenario("scene", settings, catalog=catalog), actors=(controller.name, *actors))


def start(made: Scenario) -> tuple[Cluster, dict[str, Any]]:
    """Return the initial cluster of a scenario and its actions by their texts."""
    cluster, actions = build(made.settings, made.catalog)
    return cluster, {str(action): action for action in actions}


def model(made: Scenario, specs: tuple[Spec, ...] = PROMISES) -> Model:
    """Return the model of a scenario with those of the specs that apply to it."""
    cluster, actions = build(made.settings, made.catalog)
    found = tuple(spec for each in specs if (spec := each.within(cluster.layout)) is not None)
    return Model((cluster,), actions, found, made.name)


def explored(made: Scenario, *specs: Spec) -> Result:
    """Return what becomes of a scenario, in all states."""
    found = result_of(model(made, specs or PROMISES), Bounds(max_states=20_000))
    assert found.finished, found.stopped
    return found


def broken(result: Result) -> set[str]:
    """Return the names of the specs that a result violates."""
    return {finding.spec.name for finding in result.failures}


def happened(result: Result) -> set[str]:
    """Return the names of the `sometimes` that happened."""
    return {
        each.spec.name
        for each in result.findings
        if each.verdict is Verdict.HOLDS and each.spec.kind.word == "sometimes"
    }
