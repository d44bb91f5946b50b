"""Why each mutant violates its spec: what is needed violates it alone, and few steps decide.

`pytest -m long -s tests/specs/test_because.py` prints the table.
"""

from statistics import median

import pytest

from kmodel.engines.causes.because import Because, because
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.liveness.one_run import comes_back, judge_run, unfair_to
from kmodel.engines.results import Finding, Verdict
from kmodel.kernel import Model, Trace, ask, keys_of
from tests.specs.broken import MUTANTS
from tests.specs.mutants import SPECS, Mutant, faithful
from tests.specs.stuck import STUCK
from tests.specs.test_faults import SCENES

MOST_STATES = 60_000
MOST_DECIDING = 0.4  # of the steps of a story, in the median

pytestmark = pytest.mark.long


def violates(model: Model, finding: Finding, run: Trace) -> bool:
    """Tell whether a run violates the spec of a finding, by nothing but the kernel and the judge of one run."""
    spec = finding.spec
    if spec.is_temporal:
        reasons = [judge_run(spec, key, run) for key in keys_of(spec, run.initial.layout)]
        return comes_back(run) and not unfair_to(model, run) and any(reasons)
    return ask(spec, run.steps[-1] if spec.of_steps else run.last)[0] is not True


def found(model: Model, *, at_once: bool) -> list[tuple[Finding, Because]]:
    """Return what the violations of a model rest on, those that have any steps."""
    result = result_of(model, Bounds(max_states=MOST_STATES, stop_at_first_violation=at_once))
    violated = [finding for finding in result.findings if finding.verdict is Verdict.VIOLATED]
    return [(finding, why) for finding in violated if (why := because(model, finding)) is not None]


SHARES: list[tuple[float, float]] = []


def note(name: str, model: Model, rests: list[tuple[Finding, Because]]) -> None:
    """Check what was found, and add it to the table."""
    for finding, why in rests:
        assert violates(model, finding, why.alone), f"{name}: what is needed does not violate it alone"
        assert set(why.deciding) <= set(why.needed)
        inside = len(why.needed) / why.steps
        SHARES.append((inside, len(why.deciding) / why.steps))
        print(f"{name}: {why.steps} steps, {len(why.needed)} needed, {len(why.deciding)} decide {why.deciding}")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_violation_rests_on_violates_the_spec_alone(mutant: Mutant) -> None:
    model = mutant.model()
    rests = found(model, at_once=True)
    note(mutant.name, model, rests)
    for _, why in rests:
        assert len(why.needed) == why.steps, "on a shortest counterexample nothing can be left out"


@pytest.mark.parametrize("mutant", STUCK, ids=lambda mutant: mutant.name)
def test_what_a_run_that_goes_on_for_ever_rests_on_violates_the_spec_alone(mutant: Mutant) -> None:
    model = mutant.model()
    note(mutant.name, model, found(model, at_once=False))


@pytest.mark.parametrize("name", SCENES)
def test_a_hazard_takes_a_fault_or_a_request(name: str) -> None:
    model = faithful(SCENES[name], SPECS)
    rests = found(model, at_once=False)
    note(name, model, rests)
    for finding, why in rests:
        assert finding.trace is not None
        deciding = [finding.trace.steps[number - 1].action for number in why.deciding]
        assert any(action.transition.environment for action in deciding), f"{finding.spec.name}: {why.deciding}"


def test_few_steps_decide() -> None:
    if len(SHARES) < 50:
        pytest.skip("shown of all violations together, in one process")
    inside, deciding = (median(share) for share in zip(*SHARES, strict=True))
    print(f"median of {len(SHARES)} violations: {inside:.0%} needed, {deciding:.0%} decide")
    assert deciding <= MOST_DECIDING
