"""The engines by name: what each can be told, and how to start it."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import attrs

from kmodel.engines import options
from kmodel.engines.bounds import Bounds
from kmodel.engines.clock import Deadline
from kmodel.engines.events import Event
from kmodel.engines.options import Option
from kmodel.engines.runs.amounts import SIMULATE, DelayBound, Samples, Walks
from kmodel.kernel import Model, ModelError


@attrs.frozen
class Engine:
    """A way to explore a model.

    `module` has its `explore`, and is loaded when that is called for the first time. `Options` is what it takes.
    `sees_all` tells whether it means to see all states, so that a result that is not finished was cut off. It is chosen
    by name, or by an option that only it has: `chosen_by`.
    """

    module: str
    Options: type[options.Options]
    sees_all: bool = False
    chosen_by: Option | None = None

    def explore(self, model: Model, asked: options.Options, deadline: Deadline) -> Iterator[Event]:
        """Yield the events of an exploration; the last one has the result."""
        events: Iterator[Event] = import_module(self.module).explore(model, asked, deadline)
        return events


ENGINES = {
    "exhaustive": Engine("kmodel.engines.exhaustive", Bounds, sees_all=True),
    "delays": Engine("kmodel.engines.runs.delays", DelayBound),
    "hypothesis": Engine("kmodel.engines.runs.hypothesis", Samples),
    "simulation": Engine("kmodel.engines.runs.simulation", Walks, chosen_by=SIMULATE),
}

NAMED = tuple(name for name, engine in ENGINES.items() if engine.chosen_by is None)
OPTIONS = tuple(dict.fromkeys(option for engine in ENGINES.values() for option in engine.Options.ASKED))


def engines_of(option: Option) -> str:
    """Return the names of the engines that can be told of an option, for its help."""
    return ", ".join(name for name, engine in ENGINES.items() if option in engine.Options.ASKED)


def choose(
    named: str | None, told: Mapping[str, Any], otherwise: str, dashed: Callable[[str], str] = lambda flag: f"--{flag}"
) -> str:
    """Return the name of the engine that is meant: the one named, the one that an option chooses, or another one.

    ModelError if it cannot be told all of this; `dashed` writes an option's flag as it was given.
    """
    chosen = next((name for name, each in ENGINES.items() if each.chosen_by and each.chosen_by.name in told), None)
    if chosen and named:
        option = ENGINES[chosen].chosen_by
        assert option is not None, "it was chosen by one"
        raise ModelError(f"{dashed(option.flag)} is an engine of its own; leave out {dashed('engine')} {named}")
    name = chosen or named or otherwise
    unknown = [option for option in OPTIONS if option.name in told and option not in ENGINES[name].Options.ASKED]
    if unknown:
        first = next(other for other, each in ENGINES.items() if unknown[0] in each.Options.ASKED)
        others = [option for option in unknown if option in ENGINES[first].Options.ASKED]
        flags = [dashed(option.flag) for option in others]
        option = ENGINES[first].chosen_by
        how = f"{dashed('engine')} {first}" if option is None else f"{dashed(option.flag)} {option.metavar}"
        is_or_are = "is" if len(flags) == 1 else "are"
        raise ModelError(f"{' and '.join(flags)} {is_or_are} for the engine {first}; add {how}")
    return name
