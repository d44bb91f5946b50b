"""`make bench`: measure kmodel beside other checkers and plain Python, and write reports/benchmarks.md."""

import os
import tempfile
from pathlib import Path

from tests.benchmarks.report import check_counts, report
from tests.benchmarks.run import Run
from tests.benchmarks.ways import FULL, QUICK, Sizes, to_first_counterexamples, warm_up, ways

ROUNDS = 5


def main(sizes: Sizes, rounds: int, file: Path) -> None:
    """Measure, round by round so that all ways meet the same machine, and write the report."""
    warm_up()
    loads = [0.0]
    with tempfile.TemporaryDirectory(prefix="kmodel-bench-") as folder:
        each = ways(sizes, Path(folder))
        runs: dict[str, list[Run]] = {way.name: [] for way in each}
        for number in range(rounds):
            for way in each:
                if way.run is not None and not (way.is_once and number):
                    runs[way.name].append(way.run())
                    print(f"round {number + 1} of {rounds}: {way.name}: {runs[way.name][-1]}", flush=True)
                    loads.append(os.getloadavg()[0])
            check_counts(each, runs)
    hazards = to_first_counterexamples(sizes)
    file.parent.mkdir(exist_ok=True)
    file.write_text(report(each, runs, sizes, rounds, max(loads), hazards))
    print(f"written to {file}")


if __name__ == "__main__":
    if os.environ.get("BENCH_QUICK"):  # smaller models and one round: not the figures, so not in their place
        main(QUICK, 1, Path("reports/benchmarks-quick.md"))
    else:
        main(FULL, ROUNDS, Path("reports/benchmarks.md"))
