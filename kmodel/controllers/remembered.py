"""What is remembered only in order to be faster, or to compare: it says nothing of what a model is."""

from typing import Any


class Remembered:
    """A dict that the identity of a model does not go into, so that it is the same at the end of an exploration."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return "what is kept"
