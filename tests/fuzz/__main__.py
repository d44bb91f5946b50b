"""`python -m tests.fuzz [--count N] [--first SEED] [--seed SEED]`: explore random models in every way."""

import argparse
import sys
import time

import attrs

from kmodel.engines.exhaustive import rounds
from tests.fuzz import models
from tests.fuzz.models import Draft
from tests.fuzz.reference import TooLargeError, search
from tests.fuzz.ways import WAYS

SNIPPET = """from kmodel.kernel import Kind, Rank
from tests.fuzz.__main__ import differences
from tests.fuzz.models import Act, Color, Draft, Effect, Guard, Judge, Thing
"""


def differences(draft: Draft) -> list[str] | None:
    """Return in what the ways of exploring a draft's model differ; None if it has too many states."""
    model, found = draft.model(), []
    try:
        truth = search(model)
    except TooLargeError:
        return None
    for way in WAYS:
        try:
            found += [f"{way.name}: {each}" for each in way.check(model, truth)]
        except Exception as error:  # whatever the reference does not raise is a difference
            found.append(f"{way.name}: raises {type(error).__name__}: {error}")
    return found


def shrunk(draft: Draft) -> Draft:
    """Return the draft without the actions and specs that are not needed for some difference."""
    for name in ("judges", "acts"):
        for part in getattr(draft, name):
            smaller = attrs.evolve(draft, **{name: tuple(each for each in getattr(draft, name) if each is not part)})
            if differences(smaller):
                draft = smaller
    return draft


def main() -> int:
    """Run the command; 1 if any model differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    rounds.BUCKET = 64  # the buckets of models this small
    first, count = (asked.first, asked.count) if asked.seed is None else (asked.seed, 1)
    compared, differing, began = 0, 0, time.perf_counter()
    for seed in range(first, first + count):
        found = differences(models.draw(seed))
        compared += found is not None
        if found:
            differing += 1
            small = shrunk(models.draw(seed))
            print(f"# seed {seed}: {'; '.join(found)}\n{SNIPPET}print(differences({small}))\n", flush=True)
        if (seed + 1 - first) % 500 == 0:
            rate = (seed + 1 - first) / (time.perf_counter() - began)
            print(f"{seed + 1 - first:,} models, {rate:.0f} a second", file=sys.stderr, flush=True)
    print(f"{compared:,} models ({count - compared:,} too large), {len(WAYS)} ways, {differing:,} differences")
    return differing > 0


if __name__ == "__main__":
    sys.exit(main())
