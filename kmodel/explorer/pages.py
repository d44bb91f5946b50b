"""The explorer's pages: one for each address, complete without a script; every button is a link."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from urllib.parse import quote

import attrs

from kmodel.explorer.walk import Address, Ahead, NowhereError, Walk
from kmodel.kernel import Spec, Trace
from kmodel.reporting.failure import replay_command
from kmodel.reporting.source import Source
from kmodel.reporting.state_shown import MarkedTable, marked
from kmodel.reporting.story import Line, line, story
from kmodel.reporting.templating import environment, policy

Path = Callable[[str, Address], str]  # of a page about an address: what it shows, and of where

SCRIPT = "explorer.js"
MOST_AHEAD = 200  # steps that are listed


@attrs.frozen
class TourStep:
    """A step of a tour: the address that it leads to, and the number of its chapter, from 0."""

    address: Address
    chapter: int


@attrs.frozen
class GuidedTour:
    """A tour as pages show it: the titles and texts of its chapters, and its steps."""

    chapters: tuple[tuple[str, str], ...] = ()
    steps: tuple[TourStep, ...] = ()


@attrs.frozen
class Choice:
    """A step that can be taken, told as if it were, and where it leads."""

    told: Line
    path: str


@attrs.frozen(slots=False, eq=False)
class ExplorerPages:
    """The pages about a model."""

    source: Source
    walk: Walk
    tour: GuidedTour = GuidedTour()

    @cached_property
    def policy(self) -> str:
        """The content security policy of each page."""
        return policy(SCRIPT, forms="'self'")

    def at(self, address: Address, path: Path, note: str = "", *, is_playing: bool = False) -> str:
        """Return the page about an address, with a note on what was asked there; NowhereError if it leads nowhere.

        One that is playing goes on by itself, as usual.
        """
        places = {step.address: number for number, step in enumerate(self.tour.steps, start=1)}
        return self._page(address, path, places.get(address, 0), note=note, is_playing=is_playing)

    def on_tour(self, stop: int, path: Path) -> str:
        """Return the page about a stop of the tour, from 0, before its first step."""
        if not 0 <= stop <= len(self.tour.steps) or not self.tour.steps:
            raise NowhereError(f"the tour has stops 0 to {len(self.tour.steps)}" if self.tour.steps else "no tour")
        return self._page(self.tour.steps[stop - 1].address if stop else (0,), path, stop, is_guided=True)

    def _page(
        self,
        address: Address,
        path: Path,
        stop: int,
        *,
        is_guided: bool = False,
        note: str = "",
        is_playing: bool = False,
    ) -> str:
        walk = self.walk
        trace, ahead = walk.trace(address), walk.ahead(address)
        number = len(trace.steps)
        choices = [each for each in ahead if not each.is_idle]
        return (
            environment(SCRIPT)
            .get_template("explorer.html")
            .render(
                source=self.source,
                note=note,
                address=trace.path,
                number=number,
                here=path("at", address),
                start=path("at", address[:1]),
                back=path("at", address[:-1]) if number else None,
                onwards=path("onwards", address),
                is_playing=is_playing,
                nearest=path("nearest", address),
                cells=list(map(str, self.walk.model.initial[0].layout.cells)),
                random=path("random", address),
                replay=replay_command(trace, self.source),
                last=story(trace)[-1] if number else None,
                states=self._state(trace),
                live=walk.live(address),
                ways=[(spec, f"{path('nearest', address)}?to={quote(spec.name)}") for spec in self._looked_for()],
                disabled=walk.disabled(address),
                by_actor=_by_actor(choices[:MOST_AHEAD], path),
                unlisted=max(0, len(choices) - MOST_AHEAD),
                idle=[str(each.step.action) for each in ahead if each.is_idle],
                path_so_far=[(told, path("at", address[: place + 2])) for place, told in enumerate(story(trace))],
                is_guided=is_guided,
                tour=self._guide(stop, path) if is_guided else None,
                tour_start=path("tour", (0,)) if self.tour.steps else None,
            )
        )

    def _looked_for(self) -> list[Spec]:
        """Return the specs that a state or step may show something of, those to be violated first."""
        specs = [spec for spec in self.walk.model.specs if not spec.is_temporal]
        return sorted(specs, key=lambda spec: spec.form.wanted)

    def _state(self, trace: Trace) -> tuple[MarkedTable, ...]:
        state = self.walk.subject.state
        return marked(state(trace.last), state(trace.states[-2] if trace.steps else trace.last))

    def _guide(self, stop: int, path: Path) -> Mapping[str, object]:
        """Return what the tour says at a stop, and where it goes on."""
        steps, chapters = self.tour.steps, self.tour.chapters
        chapter = steps[stop - 1].chapter if stop else 0
        firsts = {step.chapter: number for number, step in reversed(list(enumerate(steps, start=1)))}
        return {
            "stop": stop,
            "stops": len(steps),
            "chapter": chapter + 1,
            "chapters": [
                (number + 1, title, path("tour", (firsts[number],)) if number in firsts else None)
                for number, (title, _) in enumerate(chapters)
            ],
            "title": chapters[chapter][0],
            "text": chapters[chapter][1],
            "back": path("tour", (stop - 1,)) if stop else None,
            "next": path("tour", (stop + 1,)) if stop < len(steps) else None,
        }


def _by_actor(choices: Sequence[Ahead], path: Path) -> dict[str, list[Choice]]:
    """Return the steps that can be taken, by who would take them."""
    found: dict[str, list[Choice]] = {}
    for ahead in choices:
        told = line(len(ahead.address) - 1, ahead.step)
        found.setdefault(told.actor, []).append(Choice(told, path("at", ahead.address)))
    return found
