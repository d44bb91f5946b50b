"""What `kmodel check` says first: what becomes of the user's own objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from kmodel.engines.events import Event, Finished
from kmodel.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

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


@attrs.define(eq=False)
class ObjectsReport:
    """Two handlers that print what becomes of the objects, one before and one after what others print."""

    given: Input | ModelFile
    console: Console
    wide: bool
    found: UserObjects = UserObjects((), {}, ())

    def tell_first(self, event: Event) -> None:
        """Print a line for each refusal, and for each way in which an object may end."""
        if not isinstance(event, Finished):
            return
        from kmodel.reporting.summary import LABEL

        ends = event.result.ends
        endings = self.given.endings(() if ends is None else ends.traces)
        wrong = tuple(ending for ending in endings if self.given.is_wrong(ending))
        self.found = UserObjects(self.given.refused, endings, wrong)
        for sentence in self.found.refused:
            _say(self.console, f"{'REFUSED'.ljust(LABEL)}{sentence}", "bold red")
        width = max((len(ending.reference) for ending in endings), default=0)
        for ending in endings:
            told = f"{ending.reference.ljust(width)}  {ending.status}  {ending.message}".rstrip()
            line = f"{'IN THE END'.ljust(LABEL)}{told}"
            _say(self.console, line, "bold red" if ending in wrong else "")
        if self.found.refused or endings:
            self.console.print()

    def tell_stuck(self, event: Event) -> None:
        """Print how objects come to where they should not stay."""
        if not isinstance(event, Finished):
            return
        from kmodel.reporting.story import event_table

        for ending in self.found.wrong[:MOST_STORIES]:
            self.console.print()
            _say(self.console, f"STUCK {ending}", "bold red")
            self.console.print()
            trace = self.found.endings[ending]
            _say(self.console, event_table(trace, width=self.console.width, wide=self.wide), "")
            _say(self.console, "and then nothing, for ever", "")


def _say(console: Console, text: str, style: str) -> None:
    console.print(printable(text, keep="\n"), style=style, markup=False, soft_wrap=True)
