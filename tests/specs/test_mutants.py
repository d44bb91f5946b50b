"""Every spec can fail: a control plane with a bug violates it, by the shortest story, and the faithful one does not."""

from functools import cache

import attrs
import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result, Verdict
from kmodel.kubernetes.components.settings import Settings
from tests.specs import bugs_of_clients as clients
from tests.specs.broken import MUTANTS, REGISTERS, RUNS_BESIDE_ANOTHER_NODE
from tests.specs.mutants import INVARIANTS, Breaking, Mutant, faithful

MOST_STATES = 50_000  # the scenes are far smaller; a scene that grows beyond this should be made smaller


@cache
def _faithful_result(scene: Settings) -> Result:
    return result_of(faithful(scene, tuple(INVARIANTS.values())), Bounds(max_states=MOST_STATES))


def test_every_invariant_has_a_mutant() -> None:
    assert {mutant.spec for mutant in MUTANTS} == set(INVARIANTS)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_violates_its_spec_by_the_shortest_story(mutant: Mutant) -> None:
    result = result_of(mutant.model(), Bounds(max_states=MOST_STATES, stop_at_first_violation=True))
    (finding,) = result.findings
    assert finding.verdict is Verdict.VIOLATED, f"the mutant survives: {result.stopped or finding.reason}"
    assert finding.trace is not None
    told = [str(step.action) for step in finding.trace.steps]
    assert (len(told), told[-1].partition("(")[0]) == (mutant.steps, mutant.last), told


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_faithful_model_of_the_scene_keeps_the_spec(mutant: Mutant) -> None:
    result = _faithful_result(mutant.scene)
    assert result.finished, result.stopped
    (finding,) = (finding for finding in result.findings if finding.spec.name == mutant.spec)
    assert finding.verdict is Verdict.HOLDS, finding.reason


@pytest.mark.parametrize(
    ("scene", "transition", "breaking", "client"),
    [
        pytest.param(
            RUNS_BESIDE_ANOTHER_NODE, "report_status", clients.kubelet_speaks_for_another, "kubelet/n1/web", id="status"
        ),
        pytest.param(
            REGISTERS, "register_node", clients.kubelet_registers_another_node, "kubelet/n1 node", id="another node"
        ),
    ],
)
def test_node_restriction_alone_stops_a_kubelet_that_goes_astray(
    scene: Settings, transition: str, breaking: Breaking, client: str
) -> None:
    example = next(mutant for mutant in MUTANTS if mutant.spec == "a_kubelet_writes_only_its_own")
    astray = attrs.evolve(example, scene=scene, breaks=((transition, breaking),))
    result = result_of(astray.model(), Bounds(max_states=MOST_STATES))
    assert result.finished
    assert [finding.verdict for finding in result.findings] == [Verdict.HOLDS]
    assert result.fired[f'handle(client="{client}")']
    assert not result.fired[f'commit(client="{client}")']
