"""Random models explored in every way and compared, by several processes at once."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from types import FrameType

import attrs

from kmodel.engines.exhaustive import rounds as frontier_rounds
from kmodel.engines.exhaustive import store
from tests.fuzz import alike, models
from tests.fuzz.alike import Alike
from tests.fuzz.models import Draft
from tests.fuzz.reference import TooLargeError, search
from tests.fuzz.ways import WAYS, Way

SNIPPET = """from kmodel.kernel import Fairness, SpecKind, Rank
from tests.fuzz.explored import differences
from tests.fuzz.alike import Alike, Asked
from tests.fuzz.models import Act, Color, Draft, Effect, Guard, Judge, Thing
"""
ALIKE_ONE_IN = 5  # models whose names are interchangeable
PROGRAMS_ONE_IN = 3  # of the others, models whose actions are mostly independent
SECONDS_PER_MODEL = 120  # compiling on the first ones included
SHARE = 20  # models that a process explores at a time


@attrs.frozen
class Outcome:
    """What came of a model: in what the ways differ (None: it was too large), and how to see it again."""

    seed: int
    found: list[str] | None
    code: str = ""


def draw(seed: int) -> Draft | Alike:
    """Return the draft of a seed."""
    if seed % ALIKE_ONE_IN == 0:
        return alike.draw(seed)
    return models.draw_programs(seed) if seed % PROGRAMS_ONE_IN == 0 else models.draw(seed)


def differences(
    draft: Draft | Alike, seed: int = 0, most: int | None = None, ways: Sequence[Way] = WAYS
) -> list[str] | None:
    """Return in what the ways of exploring a draft's model differ, the first `most`; None if it has too many states.

    Of the ways that take long, only those are taken whose turn it is with the seed; with 0 all are.
    """
    model = draft.model()
    try:
        truth = search(model)
    except TooLargeError:
        return None

    def found(way: Way) -> Iterator[str]:
        try:
            yield from way.check(model, truth)
        except Exception as error:  # whatever the reference does not raise is a difference
            yield f"raises {type(error).__name__}: {error}"

    every = (f"{way.name}: {each}" for way in ways if seed % way.one_in == 0 for each in found(way))
    return list(islice(every, most))


def shrunk(draft: Draft | Alike) -> Draft | Alike:
    """Return the draft without the actions and specs that are not needed for some difference."""
    for name in ("judges", "acts"):
        for part in getattr(draft, name):
            kept = {name: tuple(each for each in getattr(draft, name) if each is not part)}
            smaller = attrs.evolve(draft, **kept)  # type: ignore[arg-type]
            if differences(smaller):
                draft = smaller
    return draft


def explore(seeds: Iterable[int], most: int | None = None, only: str | None = None) -> list[Outcome]:
    """Explore the models of these seeds in all ways, or in one; each until `most` differences are found."""
    ways = [each for each in WAYS if only in (None, each.name)]
    if os.environ.get("NUMBA_DISABLE_JIT"):
        vars(store).update(prefetch=lambda array, index: None)  # of which there is no Python
    frontier_rounds.BUCKET = 64  # the buckets of models this small
    outcomes = []
    for seed in seeds:
        found = _in_time(lambda seed=seed: differences(draw(seed), seed, most, ways))  # type: ignore[misc]
        code = ""
        if found:
            draft = shrunk(draw(seed)) if most is None else draw(seed)
            code = f"{SNIPPET}print(differences({draft}))"
        outcomes.append(Outcome(seed, found, code))
    return outcomes


def _in_time(explored: Callable[[], list[str] | None]) -> list[str] | None:
    """Return what was found; that it takes too long is a difference, too."""

    def too_long(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    if not hasattr(signal, "SIGALRM"):  # as on Windows
        return explored()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS_PER_MODEL)
    try:
        return explored()
    except TimeoutError:
        return [f"it takes longer than {SECONDS_PER_MODEL} seconds"]
    finally:
        signal.alarm(0)


def outcomes(seeds: range, jobs: int, stop: bool, way: str | None = None) -> Iterator[Outcome]:
    """Yield what came of the models of these seeds, by so many processes."""
    if jobs == 1:
        for seed in seeds:
            yield from explore([seed], 1 if stop else None, way)
        return
    shares = [seeds[first : first + SHARE] for first in range(0, len(seeds), SHARE)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for share in pool.map(partial(explore, only=way), shares):
            yield from share
