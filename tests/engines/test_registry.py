"""Engines are values: what each can be told is declared once, and read by command line and pytest plugin."""

from typing import Any

import pytest

from kmodel.engines.clock import Deadline
from kmodel.engines.events import Finished, Started
from kmodel.engines.options import Bytes, Option
from kmodel.engines.registry import ENGINES, NAMED, OPTIONS, choose
from kmodel.kernel import ModelError
from tests.toys import two_phase_commit

NEEDED: dict[str, dict[str, Any]] = {"simulation": {"simulate": 3}}


def something(option: Option) -> Any:
    """Return what may be told for an option, and is not what an engine does by itself."""
    if option.type is bool:
        return True
    if isinstance(option.type, tuple):
        return next(word for word in option.type if word != option.default)
    return 7 if option.type in (int, Bytes) else 7.5


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name, engine in ENGINES.items() for option in engine.Options.ASKED]
)
def test_what_an_engine_is_told_is_heard(name: str, option: Option, tmp_path: Any) -> None:
    of, needed = ENGINES[name].Options.of, NEEDED.get(name, {})
    assert of({**needed, option.name: something(option)}, tmp_path) != of(needed, tmp_path)


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_begins_with_its_name_and_ends_with_its_result(name: str) -> None:
    engine = ENGINES[name]
    options = engine.Options.of({**NEEDED.get(name, {}), "profile": "ci"}, None)
    first, *_, last = engine.explore(two_phase_commit.model(2), options, Deadline())
    assert isinstance(first, Started)
    assert isinstance(last, Finished)
    assert first.engine == last.result.engine == name
    assert last.result.finished == engine.sees_all


def test_options_of_one_name_are_one() -> None:
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)
    assert set(NAMED) < set(ENGINES)


@pytest.mark.parametrize(
    ("named", "told", "meant"),
    [(None, {}, "hypothesis"), ("exhaustive", {"first": True}, "exhaustive"), (None, {"simulate": 1}, "simulation")],
)
def test_the_engine_that_is_meant(named: str | None, told: dict[str, Any], meant: str) -> None:
    assert choose(named, told, "hypothesis") == meant


@pytest.mark.parametrize(
    ("named", "told", "said"),
    [
        (None, {"symmetry": True}, "--symmetry is for the engine exhaustive; add --engine exhaustive"),
        ("exhaustive", {"seed": 1, "steps": 2}, "--steps and --seed are for the engine simulation; add --simulate N"),
        ("exhaustive", {"simulate": 1}, "--simulate is an engine of its own; leave out --engine exhaustive"),
        (None, {"simulate": 1, "profile": "ci"}, "--profile is for the engine hypothesis; add --engine hypothesis"),
    ],
)
def test_what_an_engine_cannot_be_told_is_refused(named: str | None, told: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError) as refused:
        choose(named, told, "hypothesis")
    assert str(refused.value) == said
