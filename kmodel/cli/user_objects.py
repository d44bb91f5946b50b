"""What `kmodel check` says first: what becomes of the user's own objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from kmodel.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from kmodel.engines.results import Result
    from kmodel.kernel import Trace
    from kmodel.kubernetes.scenario.endings import Ending
    from kmodel.project import Input, ModelFile

MOST_STORIES = 3


@attrs.frozen(eq=False)
class UserObjects:
    """The requests that are refused, where objects are in the end, and which of these they should not be."""

    refused: tuple[str, ...]
    endings: dict[Ending, Trace]
    wrong: tuple[Ending, ...]

    @property
    def are_well(self) -> bool:
        """Whether nothing is refused, and nothing ends where it should not."""
        return not self.refused and not self.wrong

    @property
    def in_short(self) -> str:
        """What is wrong, as the beginning of the last line."""
        parts = [f"{len(self.refused)} refused"] if self.refused else []
        parts += [f"{ending.reference} {ending.status}" for ending in self.wrong[:MOST_STORIES]]
        if len(self.wrong) > MOST_STORIES:
            parts.append(f"{len(self.wrong) - MOST_STORIES} more not where they should be")
        return "".join(f"{part}; " for part in parts)

    def document(self) -> dict[str, Any]:
        """Return the part of the JSON document."""
        ends = [
            {
                "object": ending.reference,
                "status": ending.status,
                "message": ending.message,
                "wrong": ending in self.wrong,
                "address": trace.path,
            }
            for ending, trace in self.endings.items()
        ]
        return {"refused": list(self.refused), "objects": ends}


def user_objects(given: Input | ModelFile, result: Result) -> UserObjects:
    """Return what becomes of the objects, as far as the result shows it."""
    found = given.endings(() if result.ends is None else result.ends.traces)
    return UserObjects(given.refused, found, tuple(ending for ending in found if given.is_wrong(ending)))


def print_objects(console: Console, objects: UserObjects) -> None:
    """Print a line for each refusal, and for each way in which an object may end."""
    for sentence in objects.refused:
        _say(console, f"REFUSED  {sentence}", "bold red")
    width = max((len(ending.reference) for ending in objects.endings), default=0)
    for ending in objects.endings:
        line = f"IN THE END  {ending.reference.ljust(width)}  {ending.status}  {ending.message}".rstrip()
        _say(console, line, "bold red" if ending in objects.wrong else "")
    if objects.refused or objects.endings:
        console.print()


def print_stuck(console: Console, objects: UserObjects, *, wide: bool) -> None:
    """Print how objects come to where they should not stay."""
    from kmodel.reporting.story import event_table

    for ending in objects.wrong[:MOST_STORIES]:
        console.print()
        _say(console, f"STUCK {ending}", "bold red")
        console.print()
        _say(console, event_table(objects.endings[ending], width=console.width, wide=wide), "")
        _say(console, "and then nothing, for ever", "")


def _say(console: Console, text: str, style: str) -> None:
    console.print(printable(text, keep="\n"), style=style, markup=False, soft_wrap=True)
