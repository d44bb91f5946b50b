"""The plan of a check: slices without faults, each fault by itself, two together, and the whole."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import attrs

from kmodel.kubernetes.scenario import Scenario
from kmodel.kubernetes.scenario.slices import Slice, competition, possible_faults, slices, with_faults

LEAST_SECONDS = 1.5  # for one exploration: less shows nothing
OF_FAULTS = 1.0  # the same of one with faults, of which there are many
PATIENCE = 5.0  # seconds that one may take beyond its share, until all runs without delays are seen
DELAYS = 2  # that each exploration goes up to, as far as there is time
FEW_STATES = 2_500  # with two delays: an exhaustive search is likely to end
MOST_NAMED = 3  # objects that are taken for there
AFTERWARDS = 3.0  # seconds that reports take


@attrs.frozen
class Task:
    """One exploration: a slice, and the faults that may happen in it, each once."""

    slice: Slice
    faults: tuple[str, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """What is explored."""
        return with_faults(self.slice.scenario, self.faults)

    def __str__(self) -> str:
        return " + ".join((self.slice.name, *self.faults))


@attrs.frozen
class PlanStage:
    """Explorations of one kind, in words, and their share of the time."""

    name: str
    share: float
    tasks: tuple[Task, ...]
    least: float = OF_FAULTS  # seconds for each


@attrs.frozen
class CheckPlan:
    """The stages of a check, before the whole is explored in what is left of the time; and what slices cannot show."""

    slices: tuple[Slice, ...]
    stages: tuple[PlanStage, ...]
    notes: tuple[str, ...] = ()


def plan_of(scenario: Scenario) -> CheckPlan:
    """Return the plan of a scenario; the faults are those that it has, or else all that are possible."""
    parts = slices(scenario)
    asked = tuple(fault for fault, _ in scenario.settings.faults)
    faults = {part.name: asked or possible_faults(part.scenario) for part in parts}
    pairs = {name: tuple(combinations(found, 2)) for name, found in faults.items()}
    stages = (
        PlanStage("no fault", 0.3, tuple(map(Task, parts)), LEAST_SECONDS),
        PlanStage(
            "one fault", 0.35, tuple(_in_turn(parts, {name: [(one,) for one in each] for name, each in faults.items()}))
        ),
        PlanStage("two faults", 0.2, tuple(_in_turn(parts, pairs))),
    )
    return CheckPlan(parts, stages, tuple(filter(None, (_assumed(scenario), competition(scenario.settings)))))


def _in_turn(parts: Sequence[Slice], faults: Mapping[str, Sequence[tuple[str, ...]]]) -> Iterator[Task]:
    """Yield tasks so that the first ones have different slices and different faults."""
    for round_number in range(max(map(len, faults.values()), default=0)):
        for place, part in enumerate(parts):
            found = faults[part.name]
            if round_number < len(found):
                yield Task(part, found[(round_number + place) % len(found)])


def _assumed(scenario: Scenario) -> str:
    """Return what is taken for there, in words; of many only the first."""
    named, more = scenario.assumed[:MOST_NAMED], len(scenario.assumed) - MOST_NAMED
    if not named:
        return ""
    return f"as if {', '.join(named)}{f' and {more} more' if more > 0 else ''} were there, which pods need"
