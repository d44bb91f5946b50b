"""What an engine can be told by whoever starts it: command line and pytest plugin make their options of these."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NewType, Protocol

import attrs

Bytes = NewType("Bytes", int)


@attrs.frozen
class Option:
    """One thing to be told: its name, in words what it is, and its type.

    The type is bool (a flag, which `instead` takes back), int or float (a number of `metavar` from `least` to `most`),
    Bytes (an amount of memory), or a tuple of the words to choose from. `default` is shown, and is what the engine does
    when it is told nothing. What `is_of_one_run` is nothing for tests, which explore many scenarios.
    """

    name: str
    help: str
    type: Any = bool
    default: Any = None
    least: int = 1
    most: int | None = None
    metavar: str | None = None
    instead: str | None = None
    is_of_one_run: bool = False

    @property
    def flag(self) -> str:
        """How it is written behind the dashes: `max-states`."""
        return self.name.replace("_", "-")


class Options(Protocol):
    """All that an engine was told, as a value that its `explore` takes."""

    ASKED: ClassVar[tuple[Option, ...]]

    @classmethod
    def of(cls, told: Mapping[str, Any], folder: Path | None) -> "Options":
        """Return the options of what was told by name; what was not is as the engine likes it.

        In the folder is room for what is larger than memory, or kept for another time. ModelError for what does not go
        together.
        """


FIRST = Option(
    "first",
    "Stop at the first violation, or go on to find others (default).",
    instead="keep-going",
    is_of_one_run=True,
)
