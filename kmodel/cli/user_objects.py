"""What `kmodel check` says first: what becomes of the user's own objects.

Of a small model that is known once all of its states are; of a large one the normal run shows it, before the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from kmodel.engines.clock import Deadline
from kmodel.engines.events import Event, Finished, Started
from kmodel.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from kmodel.kernel import Model, Trace
    from kmodel.kubernetes.scenario.endings import Ending
    from kmodel.project import Input, ModelFile
    from kmodel.reporting.answer import ObjectEnd

MOST_STORIES = 3
MOST_ENDS = 2  # of an object that have a line each, if none of them is wrong
MANY_ACTIONS = 400  # of a model that is not likely to be seen whole
SECONDS = 10.0  # that the normal run may take
AFTERWARDS = 2.0  # the same where the exploration has ended, and not all that it was to see was seen


@attrs.frozen(eq=False)
class UserObjects:
    """The requests that are refused, where objects are in the end, and which of these they should not be.

    There is a run to each ending, but for those of the normal run, which has too many steps to be read.
    """

    refused: tuple[str, ...] = ()
    endings: dict[Ending, Trace | None] = attrs.field(factory=dict)
    wrong: tuple[Ending, ...] = ()

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

    def ends(self) -> tuple[ObjectEnd, ...]:
        """Return the endings for a report."""
        from kmodel.reporting.answer import ObjectEnd

        return tuple(
            ObjectEnd(end.reference, end.status, end.message, end.is_well, end in self.wrong, trace=trace)
            for end, trace in self.endings.items()
        )

    def document(self) -> dict[str, Any]:
        """Return the part of the JSON document."""
        ends = [
            {
                "object": ending.reference,
                "status": ending.status,
                "message": ending.message,
                "wrong": ending in self.wrong,
                "address": trace and trace.path,
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
    deadline: Deadline = attrs.field(factory=Deadline)
    model: Model | None = None  # of the normal run, where something else is explored
    found: UserObjects = attrs.field(factory=UserObjects)

    def tell_first(self, event: Event) -> None:
        """Print a line for each refusal, and for each way in which an object may end."""
        if isinstance(event, Started):
            self.found = UserObjects(self.given.refused)
            self._print_rows("REFUSED", dict.fromkeys(self.given.refused, True))
            if len(event.model.actions) > MANY_ACTIONS and self.given.has_objects:
                from kmodel.planning.carrying_out import Share

                self._follow_normal_run(event.model, Share(self.deadline, SECONDS))  # which hears who asks to stop
        elif isinstance(event, Finished) and event.result.ends is not None:
            self._print("IN THE END", dict(self.given.endings(event.result.ends.traces)))
        elif isinstance(event, Finished) and self._leaves_open_where_they_end(event):
            self._follow_normal_run(event.result.model, Deadline(min(AFTERWARDS, self.deadline.seconds or AFTERWARDS)))

    def _leaves_open_where_they_end(self, event: Finished) -> bool:
        was_followed = len(event.result.model.actions) > MANY_ACTIONS
        return self.given.has_objects and not (was_followed or event.result.failures or event.interrupted)

    def _follow_normal_run(self, model: Model, deadline: Deadline) -> None:
        """Print where objects end if nothing goes wrong; that it is not known if that takes too long."""
        from kmodel.engines.runs.normal_run import normal_run

        run = normal_run(self.model or model, self.given.is_normal, deadline)
        if run is None:
            self._print_rows("NORMALLY", {"not known: there was no time to take the normal run to its end": False})
            return
        endings = self.given.endings([run])
        if run.rests:
            self._print("NORMALLY", dict.fromkeys(endings))
        else:  # what is not well there may be so a step later
            told = {str(ending): False for ending in endings}
            self._print_rows("NORMALLY", {**told, "and so on: something is tried again for ever": False})

    def _print(self, label: str, endings: dict[Ending, Trace | None]) -> None:
        wrong = tuple(ending for ending in endings if self.given.is_wrong(ending))
        self.found = UserObjects(self.given.refused, endings, wrong)
        width = max((len(ending.reference) for ending in endings), default=0)
        by_object: dict[str, list[Ending]] = {}
        for ending in endings:
            by_object.setdefault(ending.reference, []).append(ending)
        told: dict[str, bool] = {}
        for reference, ends in by_object.items():
            is_short = len(ends) > MOST_ENDS and not self.wide and not any(end in wrong for end in ends)
            rows = {_together(ends): False} if is_short else {_in_full(end): end in wrong for end in ends}
            told |= {f"{reference.ljust(width)}  {row}": is_wrong for row, is_wrong in rows.items()}
        self._print_rows(label, told)

    def _print_rows(self, label: str, rows: dict[str, bool]) -> None:
        """Print rows under a label, those that are told as wrong in red."""
        from kmodel.reporting.summary import LABEL

        for row, is_wrong in rows.items():
            _say(self.console, f"{label.ljust(LABEL)}{row}", "bold red" if is_wrong else "")
            label = ""
        if rows:
            self.console.print()

    def tell_stuck(self, event: Event) -> None:
        """Print how objects come to where they should not stay."""
        if not isinstance(event, Finished):
            return
        from kmodel.reporting.story import event_table

        for ending in self.found.wrong[:MOST_STORIES]:
            trace = self.found.endings[ending]
            if trace is None:
                continue
            self.console.print()
            _say(self.console, f"STUCK {ending}", "bold red")
            self.console.print()
            _say(self.console, event_table(trace, width=self.console.width, wide=self.wide), "")
            _say(self.console, "and then nothing, for ever", "")


def _in_full(ending: Ending) -> str:
    return f"{ending.status}  {ending.message}".rstrip()


def _together(endings: Sequence[Ending]) -> str:
    """Return in one line how an object may end; `-o wide` and the page say why."""
    *others, last = dict.fromkeys(ending.status for ending in endings)
    return " or ".join(filter(None, (", ".join(others), last)))


def _say(console: Console, text: str, style: str) -> None:
    console.print(printable(text, keep="\n"), style=style, markup=False, soft_wrap=True)
