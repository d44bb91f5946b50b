"""The options of `kmodel check` that say how to explore: they follow from what the engines can be told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from kmodel.cli.inputs import MemoryAmount
from kmodel.engines.options import Bytes, Option
from kmodel.engines.registry import NAMED, OPTIONS, engines_of

R = TypeVar("R")

UNTOLD = (ParameterSource.DEFAULT, None)


def engine_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of all engines; the command gets the engine that is named, and by name what else was told."""

    @functools.wraps(command)
    def run(**given: Any) -> R:
        source = click.get_current_context().get_parameter_source
        told = {option.name: given.pop(option.name) for option in OPTIONS}
        return command(**given, told={name: said for name, said in told.items() if source(name) not in UNTOLD})

    add: Callable[..., R] = run
    for option in reversed(OPTIONS):
        add = _as_click(option)(add)
    return click.option("--engine", type=click.Choice(NAMED), help="Instead of the scenario's own.")(add)


def _as_click(option: Option) -> Callable[[Callable[..., R]], Callable[..., R]]:
    flag = f"--{option.flag}/--{option.instead}" if option.instead else f"--{option.flag}"
    more: dict[str, Any] = {"help": f"{option.help}  [{engines_of(option)}]", "default": option.default}
    if option.type is bool:
        more |= {"is_flag": True, "default": False}
    elif isinstance(option.type, tuple):
        more["type"] = click.Choice(option.type)
    elif option.type is Bytes:
        more["type"] = MemoryAmount()
    elif option.type is float:
        more["type"] = click.FloatRange(min=option.least, min_open=True)
    else:
        more["type"] = click.IntRange(min=option.least, max=option.most)
    return click.option(flag, option.name, metavar=option.metavar, show_default=option.default is not None, **more)
