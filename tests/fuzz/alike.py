"""Draws a random model that treats its names alike from a seed, as plain data."""

from random import Random

import attrs

from kmodel.kernel import Model, Spec, SpecKind, Transition
from tests.engines.symmetric_models import EFFECTS, GUARDS, act_of, judge_of, start_of, step_judge_of

Numbers = tuple[int, ...]


@attrs.frozen
class Asked:
    kind: SpecKind = attrs.field(repr=str)
    of_steps: bool
    guards: Numbers


@attrs.frozen
class Alike:
    names: tuple[str, ...]
    acts: tuple[tuple[Numbers, Numbers], ...]  # guards and effects
    judges: tuple[Asked, ...]

    def model(self) -> Model:
        """Return the model of the draft."""
        actions = []
        for number, (guards, effects) in enumerate(self.acts):
            act = act_of(list(guards), list(effects))
            act.__name__ = f"act{number}"
            transition = Transition(act, "{one}", "", False, None)
            actions += [transition.bind(one=one, other=other) for one in self.names for other in self.names]
        specs = []
        for number, asked in enumerate(self.judges):
            first, last = asked.guards[0], asked.guards[-1]
            judge = step_judge_of(first, last) if asked.of_steps else judge_of(list(asked.guards), some=False)
            judge.__name__ = f"spec{number}"
            specs.append(Spec(judge, asked.kind))
        return Model((start_of(self.names),), tuple(actions), tuple(specs), "alike", symmetry=(self.names,))


def draw(seed: int) -> Alike:
    """Return the draft of a seed."""
    chance = Random(seed)

    def some(most: int, least: int, many: int) -> Numbers:
        return tuple(chance.randrange(most) for _ in range(chance.randint(least, many)))

    def judge() -> Asked:
        of_steps = chance.random() < 0.5
        kind = chance.choice((SpecKind.STEP_INVARIANT if of_steps else SpecKind.INVARIANT, SpecKind.SOMETIMES))
        return Asked(kind, of_steps, some(GUARDS, 1, 2))

    acts = tuple((some(GUARDS, 0, 2), some(EFFECTS, 1, 2)) for _ in range(chance.randint(1, 2)))
    judges = tuple(judge() for _ in range(chance.randint(1, 3)))
    return Alike(("a", "b", "c")[: chance.randint(2, 3)], acts, judges)
