"""The options of a test run that say how to explore: they follow from what the engines can be told."""

import argparse
from typing import Any

import pytest

from kmodel.engines.options import Bytes, Option
from kmodel.engines.registry import ENGINES, NAMED, OPTIONS, choose, engines_of
from kmodel.kernel import ModelError
from kmodel.kubernetes.manifests.quantity import QuantityError, whole_units

OF_TESTS = tuple(option for option in OPTIONS if not option.is_of_one_run)


def add_engine_options(group: pytest.OptionGroup) -> None:
    """Add the options of all engines."""
    group.addoption(
        "--kmodel-engine", choices=NAMED, help="explore every scenario with this engine, whatever it asks for itself"
    )
    for option in OF_TESTS:
        said = f"{option.help} [{engines_of(option)}]".replace("%", "%%")
        group.addoption(_dashed(option.flag), help=said, **_read(option))


def engine_told(config: pytest.Config) -> tuple[str | None, dict[str, Any]]:
    """Return the engine for all scenarios, None if each has its own, and what engines are told, by name.

    UsageError for a number out of range, and for what the engine cannot be told.
    """
    told = {option.name: config.getoption(_dashed(option.flag)) for option in OF_TESTS}
    told = {name: said for name, said in told.items() if said is not None and said is not False}  # 0 is told
    for option in OF_TESTS:
        said = told.get(option.name)
        if said is None or option.type is bool or isinstance(option.type, tuple):
            continue
        if said < option.least:
            raise pytest.UsageError(f"{_dashed(option.flag)} is {said}; it must be at least {option.least}")
        if option.most is not None and said > option.most:
            raise pytest.UsageError(f"{_dashed(option.flag)} is {said}; it must be at most {option.most}")
    named = config.getoption("--kmodel-engine")
    if named is None and not any(engine.chosen_by and engine.chosen_by.name in told for engine in ENGINES.values()):
        return None, told
    try:
        return choose(named, told, "", _dashed), told
    except ModelError as error:
        raise pytest.UsageError(str(error)) from None


def _dashed(flag: str) -> str:
    return f"--kmodel-{flag}"


def _read(option: Option) -> dict[str, Any]:
    if option.type is bool:
        return {"action": "store_true"}
    if isinstance(option.type, tuple):
        return {"choices": option.type}
    return {"type": _bytes if option.type is Bytes else option.type, "metavar": option.metavar}


def _bytes(text: str) -> int:
    try:
        return whole_units(text)
    except QuantityError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None
