"""`python -m tests.fuzz [--count N] [--first SEED] [--jobs N] [--stop] [--way NAME]`: explore random models.

Each is explored in every way, or in the one that is named. `--jobs` is how many processes share the models (all
processors'), `--stop` ends at the first difference.
"""

import argparse
import os
import sys
import time

from tests.fuzz.explored import outcomes
from tests.fuzz.ways import WAYS


def main() -> int:
    """Run the command; 1 if any model differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--way", choices=[way.name for way in WAYS])
    asked = parser.parse_args()
    large = differing = number = 0
    began = time.perf_counter()
    for number, outcome in enumerate(
        outcomes(range(asked.first, asked.first + asked.count), asked.jobs, asked.stop, asked.way), 1
    ):
        large += outcome.found is None
        if outcome.found:
            differing += 1
            print(f"# seed {outcome.seed}: {'; '.join(outcome.found)}\n{outcome.code}\n", flush=True)
            if asked.stop:
                break
        if number % 500 == 0:
            rate = number / (time.perf_counter() - began)
            print(f"{number:,} models, {rate:.0f} a second, {differing:,} differ", file=sys.stderr, flush=True)
    print(f"{number - large:,} models ({large:,} too large), {len(WAYS)} ways, {differing:,} differences")
    return differing > 0


if __name__ == "__main__":
    sys.exit(main())
