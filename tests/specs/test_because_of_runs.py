"""Why a run violates a spec, of runs as random walks find them: what is needed violates it alone.

Users are shown such runs shrunk. Here they are not, and others create and delete pods beside what goes wrong, as in any
cluster; so it shows how much of a long story is left out.

`pytest -m long -s tests/specs/test_because_of_runs.py` prints the table.
"""

from collections.abc import Sequence
from statistics import median, quantiles

import attrs
import pytest

from kmodel.engines.causes.because import because
from kmodel.engines.results import Finding
from kmodel.engines.runs import fair_rounds, simulation
from kmodel.engines.runs.shrinking import Shown, Shrinker
from kmodel.engines.runs.simulation import Walks
from kmodel.kernel import Model, Spec
from kmodel.kubernetes.components.settings import Session, Settings, User
from tests.components.scenes import create, delete, pod
from tests.specs.broken import MUTANTS
from tests.specs.mutants import SPECS, Mutant, faithful
from tests.specs.stuck import STUCK
from tests.specs.test_because import violates
from tests.specs.test_faults import SCENES

WALKS = Walks(100, steps=60, seed=0, stop_at_first_violation=True)
FEWER = Walks(20, steps=60, seed=0)  # where all specs are asked, and a hazard does not end the search
EVERY = 3  # of the mutants and scenes every third is shown; with 1 all are, in some five minutes
MOST_NEEDED = 0.5  # of the steps of a run, in the median; of 145 runs it was 39 per cent
OTHERS = ("olga", "pavel")
OF_ITS_OWN = ("a_rollout_keeps_enough_pods_available",)  # specs that say nothing where there are pods of others

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let random walks tell their runs as they found them."""

    def as_found(shrinker: Shrinker, spec: Spec, initial: int, choices: Sequence[int]) -> Shown:
        return Shown(tuple(choices), "as it was found")

    def lasso_as_found(
        shrinker: Shrinker, spec: Spec, initial: int, choices: Sequence[int], fair: fair_rounds.FairRuns
    ) -> Finding:
        states = [fair.space.initial(initial)]
        for index in choices:
            states.append(fair.space.follow(states[-1], index)[0])
        run = next(run for run in fair.after(states, choices) if fair.reason(run, spec) is not None)
        shown = Shown(run.choices[: run.cycle], "as it was found", run.choices[run.cycle :])
        return fair_rounds.finding_of(fair.space.model, spec, initial, shown)

    monkeypatch.setattr(Shrinker, "shrink", as_found)
    monkeypatch.setattr(fair_rounds, "shrink", lasso_as_found)


def busy(scene: Settings) -> Settings:
    """Return a scene in which others create and delete pods, which are nobody's but theirs."""
    where = scene.nodes[0].metadata.name if scene.nodes else None
    asides = [pod(f"{user}-pod", node=where) for user in OTHERS]
    asides = [attrs.evolve(aside, metadata=attrs.evolve(aside.metadata, labels=())) for aside in asides]
    theirs = tuple(
        Session(user, (create(aside), delete(f"pods/{aside.metadata.key}")))
        for user, aside in zip(OTHERS, asides, strict=True)
    )
    users = (*scene.users, *(User(user) for user in OTHERS))
    return attrs.evolve(scene, users=users, sessions=(*scene.sessions, *theirs))


TABLE: list[tuple[int, int, int, int]] = []  # of each run its steps, those in the slice, those needed, and that decide


def note(name: str, model: Model, walks: Walks = WALKS) -> int:
    """Check what the violations of a model's random walks rest on, add them to the table; return how many there are."""
    wrong = [each for each in simulation.result_of(model, walks).findings if each.is_failure or each.is_hazard]
    told = 0
    for finding in wrong:
        why = because(model, finding)
        if why is None:
            continue
        told += 1
        assert violates(model, finding, why.alone), f"{name}: what is needed does not violate it alone"
        row = (why.steps, len(why.needed) + len(why.accidents), len(why.needed), len(why.deciding))
        TABLE.append(row)
        print(f"{name}, {finding.spec.name}: {row[0]} steps, {row[1]} in the slice, {row[2]} needed, {row[3]} decide")
    return told


@pytest.mark.parametrize("mutant", [*MUTANTS, *STUCK][::EVERY], ids=lambda mutant: mutant.name)
def test_what_a_random_run_rests_on_violates_the_spec_alone(mutant: Mutant) -> None:
    scene = mutant.scene if mutant.spec in OF_ITS_OWN else busy(mutant.scene)
    if not note(mutant.name, attrs.evolve(mutant, scene=scene).model()):
        pytest.skip(f"{WALKS.number} random walks do not meet it")


@pytest.mark.parametrize("name", list(SCENES)[::EVERY])
def test_what_a_random_run_into_a_hazard_rests_on_violates_the_spec_alone(name: str) -> None:
    note(name, faithful(busy(SCENES[name]), SPECS), FEWER)


def test_of_random_runs_little_is_needed() -> None:
    if len(TABLE) * EVERY < 100:
        pytest.skip("shown of all runs together, in one process")
    steps, *parts = zip(*TABLE, strict=True)
    print(f"{len(TABLE)} random runs of {quartiles(steps)} steps (quartiles, the median in the middle)")
    for what, numbers in zip(("in the slice", "needed", "deciding"), parts, strict=True):
        shares = [100 * number / whole for number, whole in zip(numbers, steps, strict=True)]
        print(f"{what}: {quartiles(numbers)} steps, {quartiles(shares)} per cent")
    assert median(row[2] / row[0] for row in TABLE) <= MOST_NEEDED


def quartiles(numbers: Sequence[float]) -> str:
    return " / ".join(f"{number:.0f}" for number in quantiles(numbers, n=4, method="inclusive"))
