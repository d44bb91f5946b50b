"""`python -m tests.fuzz.seeded_faults [NAME ...]`: does the fuzzing find faults? Seeds each into a copy of kmodel.

A fault is one replaced piece of code. The copy is explored in a process of its own until two ways differ. Compiled code
runs as plain Python there: for models this small that is as fast, and no cache has to know of the fault.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
MOST_MODELS = 1_000
CLEAN_MODELS = 50  # that are explored without a fault, where nothing may be seen
SECONDS = 900  # for the models of one fault
CLEAN = "no difference"


@attrs.frozen
class Fault:
    """What is wrong, the file below kmodel/, the code that is replaced and what stands in its place."""

    name: str
    file: str
    code: str
    faulty: str

    def seed(self, package: Path) -> None:
        """Replace the code in a copy of kmodel. ValueError if it is not there exactly once."""
        path = package / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.code) != 1:
            raise ValueError(f"{self.name}: the code is {text.count(self.code)} times in {self.file}, not once")
        path.write_text(text.replace(self.code, self.faulty), encoding="utf-8")


FOOTPRINT, RANK, VALUES = "kernel/footprint.py", "kernel/rank.py", "kernel/values.py"
EXPAND, VISITED, CANONICAL = (
    "engines/exhaustive/loop.py",
    "engines/exhaustive/store.py",
    "engines/exhaustive/orbits/canonical.py",
)
DEPENDENCE, STUBBORN = "engines/exhaustive/partial_order.py", "engines/exhaustive/stubborn.py"
FAIR_CYCLES, JUDGING = "engines/liveness/fair_cycles.py", "engines/liveness/judging.py"

FAULTS = (
    Fault(
        "a read is not recorded",
        FOOTPRINT,
        "        self._log.note(position, projection, found)\n",
        "",
    ),
    Fault(
        "what was written is read as it was before",
        FOOTPRINT,
        "return shown(update.value, function, cell)",
        "return shown(source[cell], function, cell)",
    ),
    Fault(
        "of two writes to a cell the first is lost",
        FOOTPRINT,
        "else Then(earlier, update)",
        "else update",
    ),
    Fault(
        "a projection that fails shows None",
        FOOTPRINT,
        "            return Raised.of(error)\n",
        "            return None\n",
    ),
    Fault(
        "before == after compares what `before` wrote",
        FOOTPRINT,
        "for position in {*self._pending, *other._pending}",
        "for position in self._pending",
    ),
    Fault(
        "step.next is not recorded",
        "kernel/asking.py",
        "next=View(before, log, {write.position: write.update for write in effect.total})",
        "next=subject.next",
    ),
    Fault(
        "False is 0",
        VALUES,
        "    bool: lambda value: (bool, value),\n",
        "",
    ),
    Fault(
        "what projections show is told apart by ==",
        "engines/tables/interning.py",
        "branches.setdefault(identity(found), len(branches))",
        "branches.setdefault(found, len(branches))",
    ),
    Fault(
        "a rank is not moved up",
        RANK,
        "return rank.scope == self.forgotten.scope and rank.number > self.forgotten.number",
        "return rank.scope == self.forgotten.scope and rank.number > self.forgotten.number + 1",
    ),
    Fault(
        "a rank overwritten at once leaves a gap",
        RANK,
        "for rank in sorted(set(made) - kept, reverse=True):",
        "for rank in ():",
    ),
    Fault(
        "a sometimes happens where it does not",
        "kernel/forms.py",
        '"it happens" if answer is True else None',
        '"it happens" if answer is False else None',
    ),
    Fault(
        "an update is remembered by its class",
        "engines/tables/interning.py",
        "key = (cell, identity(update))",
        "key = (cell, type(update))",
    ),
    Fault(
        "a reduced search is not repeated after learning",
        DEPENDENCE,
        "return not self.in_part or self._at_first == self._facts",
        "return True",
    ),
    Fault(
        "writers of one cell commute",
        DEPENDENCE,
        "        touched[row] |= writers[cell]\n",
        "",
    ),
    Fault(
        "a stubborn set is one too small",
        STUBBORN,
        "                chosen[each] = _is_in(members, taken[each])\n",
        "                chosen[each] = _is_in(members, taken[each]) and (taken[each] != first or size == 1)\n",
    ),
    Fault(
        "a stubborn set need not lead on",
        STUBBORN,
        "elif _leads_on(relation, taken, keys, fingerprints, count, members):",
        "else:",
    ),
    Fault(
        "who can change a read is forgotten",
        STUBBORN,
        "            needed[root, word] |= relation.changers[projection, word]\n",
        "            needed[root, word] |= 0\n",
    ),
    Fault(
        "a step does not count as fired",
        EXPAND,
        "        notes.fired[made.actions[each]] += 1\n        same = made.fingerprints[each] == fingerprint\n",
        "        same = made.fingerprints[each] == fingerprint\n        notes.fired[made.actions[each]] += not same\n",
    ),
    Fault(
        "the first spec of steps is not asked",
        EXPAND,
        "for check in range(first, last):",
        "for check in range(first + 1, last):",
    ),
    Fault(
        "a jump through a trie forgets where it began",
        EXPAND,
        "key = (np.int64(start) << 43) | (np.int64(value) << 22)",
        "key = (np.int64(1) << 43) | (np.int64(value) << 22)",
    ),
    Fault(
        "states in one slot of a hash table are one",
        VISITED,
        "                if entry >> PLACE_BITS == tag:\n                    place = (entry & PLACE_MASK) - 1\n"
        "                    known = True\n                    for word in range(words):",
        "                if True:\n                    known = True\n                    for word in range(0):",
    ),
    Fault(
        "states are compared by their hashes only",
        VISITED,
        "                        if states[place, word] != found[source, target, each, word]:",
        "                        if False:",
    ),
    Fault(
        "a state has its neighbour's parent",
        VISITED,
        "self.run_origin[run] + int(self.parents[place])",
        "self.run_origin[run] + int(self.parents[max(0, place - 1)])",
    ),
    Fault(
        "a partition forgets a state",
        VISITED,
        "            count += 1\n            table[slot] =",
        "            count += count != 2\n            table[slot] =",
    ),
    Fault(
        "what moves to disk is in another order",
        VISITED,
        "        new[:length] = old[:length]\n",
        "        new[:length] = old[:length][::-1]\n",
    ),
    Fault(
        "a state that is packed anew stays where it was",
        "engines/exhaustive/packing.py",
        "            out[state, t.word[block]] |= value << t.shift[block]\n",
        "            out[state, t.word[block]] |= value << shift[block]\n",
    ),
    Fault(
        "of several initial states one is counted",
        "engines/exhaustive/rounds.py",
        "return len(self.model.initial) + int(self.fired.sum())",
        "return 1 + int(self.fired.sum())",
    ),
    Fault(
        "a checkpoint forgets where the level ends",
        "engines/exhaustive/search.py",
        "self.depth, self.ends = kept.depth, kept.ends",
        "self.depth, self.ends = kept.depth, list(space.cursor)",
    ),
    Fault(
        "a checkpoint forgets what fired",
        "engines/checkpoints/snapshot.py",
        '    space.fired[:] = described["fired"]\n',
        "",
    ),
    Fault(
        "an orbit has a state too many",
        "engines/exhaustive/orbits/orbit_rounds.py",
        "self.order // each * count",
        "(self.order // each + (each > 1)) * count",
    ),
    Fault(
        "an arrangement of names is not tried",
        CANONICAL,
        "for number in range(1, ways):",
        "for number in range(1, ways - 1):",
    ),
    Fault(
        "names are not sorted by their roles",
        CANONICAL,
        "while place > first and compare_names(roles, place - 1, place) > 0:",
        "while place > first + 1 and compare_names(roles, place - 1, place) > 0:",
    ),
    Fault(
        "simulation keeps an answer that is not true any more",
        "engines/runs/run_space.py",
        "if state.reads[each] & changed)",
        "if state.reads[each] & changed & (changed - 1))",
    ),
    Fault(
        "runs leave gaps among ranks",
        "engines/tables/gaps.py",
        "gone = lost[scope] & ~mentioned",
        "gone = 0 * (lost[scope] & ~mentioned)",
    ),
    Fault(
        "simulation says holds",
        "engines/runs/fair_rounds.py",
        "return Finding(spec, Verdict.NO_VIOLATION_FOUND, self._why_open(spec, why))",
        "return Finding(spec, Verdict.HOLDS, self._why_open(spec, why))",
    ),
    Fault(
        "what is shrunk is not asked again",
        "engines/runs/shrinking.py",
        "        shown = self._run(choices)\n        if shown is None or",
        "        shown = attrs.evolve(self.best, choices=choices)\n        if shown is None or",
    ),
    Fault(
        "a state graph leaves out steps that change nothing",
        "engines/small_graph.py",
        "            if target is not None:\n                self.edges",
        "            if target not in (None, state):\n                self.edges",
    ),
    Fault(
        "an address counts one action too many",
        "engines/retracing.py",
        "for action in model.actions[:index]))",
        "for action in model.actions[: index + 1]))",
    ),
    Fault(
        "a lasso's stem is one step short",
        JUDGING,
        "attrs.evolve(trace, cycle=len(stem))",
        "attrs.evolve(trace, cycle=max(0, len(stem) - 1))",
    ),
    Fault(
        "strong fairness is weak",
        FAIR_CYCLES,
        "weak, strong = graph.owed(Fairness.WEAK), graph.owed(Fairness.STRONG)",
        "weak, strong = graph.owed(Fairness.WEAK, Fairness.STRONG), graph.owed()",
    ),
    Fault(
        "weak fairness owes nothing",
        FAIR_CYCLES,
        "(enabled == part.size[candidates][:, None])",
        "(enabled > part.size[candidates][:, None])",
    ),
    Fault(
        "eventually may begin anywhere",
        JUDGING,
        "return _Violation(false, false & seeds, predicate)",
        "return _Violation(false, false, predicate)",
    ),
)


@attrs.frozen
class Caught:
    """After how many models a fault showed, and in what way; None: it did not."""

    models: int | None
    way: str


def explored(fault: Fault | None, most: int) -> Caught:
    """Explore a copy of kmodel with a fault, or without any."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "kmodel"
        shutil.copytree(ROOT / "kmodel", package, ignore=shutil.ignore_patterns("__pycache__"))
        if fault is not None:
            fault.seed(package)
        (Path(folder) / "tests").symlink_to(ROOT / "tests", target_is_directory=True)
        plain = {"NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "tests.fuzz", "--first", "1", "--count", str(most), "--jobs", "1", "--stop"]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **plain},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Caught(None, f"no difference in {SECONDS} seconds")
    shown = re.search(r"^# seed (\d+): ([^:]+)", done.stdout, re.MULTILINE)
    if shown is not None:
        return Caught(int(shown[1]), shown[2])
    return Caught(None, CLEAN if done.returncode == 0 else done.stderr.strip().splitlines()[-1])


def main() -> int:
    """Print the table of faults; 1 if one of them is not caught, or something is where nothing is wrong."""
    chosen = [fault for fault in FAULTS if not sys.argv[1:] or fault.name in sys.argv[1:]]
    missed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = pool.submit(explored, None, CLEAN_MODELS)
        caught = pool.map(lambda fault: explored(fault, MOST_MODELS), chosen)
        if clean.result().way != CLEAN:
            print(f"without a fault: {clean.result()}")
            missed += 1
        print(f"{'fault':53} {'where':35} models until caught", flush=True)
        for fault, each in zip(chosen, caught, strict=True):
            missed += each.models is None
            models = "NOT CAUGHT" if each.models is None else f"{each.models:,}"
            print(f"{fault.name:53} {fault.file:35} {models}, by {each.way}", flush=True)
    print(f"{len(chosen)} faults, {missed} missed")
    return missed > 0


if __name__ == "__main__":
    sys.exit(main())
