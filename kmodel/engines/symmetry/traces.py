"""From orbits back to states: traces of the model, of which each state is in the orbit that the search found."""

from collections.abc import Iterator
from itertools import pairwise

from kmodel.engines.compiled.tries import NOTHING
from kmodel.engines.symmetry.numbering import Row
from kmodel.engines.symmetry.orbits import Orbits
from kmodel.engines.verdict import Finding, Verdict
from kmodel.kernel import Kind, ModelError, Step, Trace, take

Choice = tuple[int, int]  # an action, and its index among those that are enabled


def trace_to(orbits: Orbits, spec: int, root: int, state: int) -> Finding:
    """Return the finding of a spec of states that tells of an orbit, with a trace to a state of it."""
    initial, choices, row = _walk(orbits, state)
    code = orbits.walker.code(root, row)
    if code == NOTHING:
        raise _asymmetric(orbits, spec)
    return _finding(orbits, spec, code, initial, choices)


def step_finding(orbits: Orbits, spec: int, state: int) -> Finding:
    """Return the finding of a spec of steps that tells of a step from an orbit, with a trace that ends in one."""
    initial, choices, row = _walk(orbits, state)
    tables, walker = orbits.tables, orbits.walker
    for action, index, code in _enabled(orbits, row):
        leaf = walker.leaf(code)
        for root in walker.class_roots(leaf):
            if tables.root_spec.data[root] == spec and (answer := walker.code(root, row, leaf)) != NOTHING:
                return _finding(orbits, spec, answer, initial, [*choices, (action, index)])
    raise _asymmetric(orbits, spec)


def _walk(orbits: Orbits, state: int) -> tuple[int, list[Choice], Row]:
    """Take, from the initial state itself, the first action that leads into the next orbit, and so on."""
    initial, path = orbits.path(state)
    row = orbits.numbering.row(orbits.model.initial[initial])
    choices: list[Choice] = []
    for _, orbit in pairwise(path):
        wanted = orbits.rows[orbit]
        for action, index, code in _enabled(orbits, row):
            after = orbits.walker.after(code, row)
            if orbits.representative(after) == wanted:
                choices.append((action, index))
                row = after
                break
        else:
            raise ModelError(
                f"no action leads from a state into an orbit that others of its own lead to; the actions of "
                f"{orbits.model.name} do not treat all names of its symmetry alike"
            )
    return initial, choices, row


def _enabled(orbits: Orbits, row: Row) -> Iterator[tuple[int, int, int]]:
    """Yield each enabled action with its index among them and its outcome."""
    index = 0
    for action in range(len(orbits.model.actions)):
        code = orbits.walker.code(action, row)
        if code != NOTHING:
            yield action, index, code
            index += 1


def _finding(orbits: Orbits, index: int, code: int, initial: int, choices: list[Choice]) -> Finding:
    model = orbits.model
    cluster = model.initial[initial]
    steps: list[Step] = []
    for action, _ in choices:
        step = take(model.actions[action], cluster)
        assert step is not None, f"{model.actions[action]} is not enabled on its own trace"
        steps.append(step)
        cluster = step.next
    trace = Trace(model.initial[initial], tuple(steps), (initial, *(index for _, index in choices)))
    spec = model.specs[index]
    verdict = Verdict.HOLDS if spec.kind is Kind.SOMETIMES else Verdict.VIOLATED
    return Finding(spec, verdict, orbits.walker.answer(code).reason, trace)


def _asymmetric(orbits: Orbits, spec: int) -> ModelError:
    return ModelError(
        f"spec {orbits.model.specs[spec].name} tells of a state but not of one that differs from it only by a renaming "
        f"within the symmetry of {orbits.model.name}; write it for all names alike"
    )
