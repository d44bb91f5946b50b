"""Kinds of specs, each as its normal form: all that a judge needs to know of it, so that none asks which kind it is.

A function is asked of states or of steps. One place where it is not True violates the spec; or one where it is True is
what is wanted; or runs violate it, all in one form:

    from a seed on, a run stays within some states for ever, and meets something again and again

| kind | seed | within | again and again |
| --- | --- | --- | --- |
| eventually | where the run starts | states where it is not True | |
| always_eventually | anywhere | states where it is not True | |
| leads_to | where the premise is True | states where the conclusion is not True | |
| converges | where the run starts | all states | a state where it is not True |
| finitely_often | where the run starts | all states | a step of which it is not True |

Or it compares what the function shows of the states in which runs end.
"""

from enum import Enum

import attrs


class Seed(Enum):
    """From where on a run may violate a spec."""

    START = "start"
    ANYWHERE = "anywhere"
    PREMISE = "premise"


class Again(Enum):
    """What a violating run meets again and again; it need not stay within any states then."""

    STATES = "states"
    STEPS = "steps"


@attrs.frozen
class Violating:
    """The runs that violate a spec: from the seed on, they stay where its function is not True, or meet that again."""

    seed: Seed
    again: Again | None = None


@attrs.frozen
class Form:
    """The normal form of a kind of specs.

    Its function sees steps only if `of_steps`; a wanted one may see either. Where it is `wanted` to be True, once is
    enough; otherwise it must be True everywhere, unless the spec speaks of runs: of all but those `violating`, or of
    where they end, compared.
    """

    word: str
    of_steps: bool = False
    wanted: bool = False
    violating: Violating | None = None
    compares_ends: bool = False

    @property
    def is_temporal(self) -> bool:
        """Whether it speaks of whole runs, so that it can only be judged once all states are known."""
        return self.violating is not None or self.compares_ends

    @property
    def has_premise(self) -> bool:
        """Whether the function only names the spec, and a premise and a conclusion are asked."""
        return self.violating is not None and self.violating.seed is Seed.PREMISE

    def found(self, answer: bool | str) -> str | None:
        """Return what an answer shows: why it is a violation or, if it is wanted, that it happens; None if nothing."""
        if self.wanted:
            return "it happens" if answer is True else None
        return failure(answer)


class SpecKind(Enum):
    """What a spec demands of its function: see the decorator of that name, in spec.py or temporal.py."""

    INVARIANT = Form("invariant")
    STEP_INVARIANT = Form("step_invariant", of_steps=True)
    SOMETIMES = Form("sometimes", wanted=True)
    EVENTUALLY = Form("eventually", violating=Violating(Seed.START))
    ALWAYS_EVENTUALLY = Form("always_eventually", violating=Violating(Seed.ANYWHERE))
    LEADS_TO = Form("leads_to", violating=Violating(Seed.PREMISE))
    CONVERGES = Form("converges", violating=Violating(Seed.START, Again.STATES))
    FINITELY_OFTEN = Form("finitely_often", of_steps=True, violating=Violating(Seed.START, Again.STEPS))
    CONFLUENT = Form("confluent", compares_ends=True)

    @property
    def word(self) -> str:
        """The name of its decorator."""
        return self.value.word


def failure(answer: bool | str) -> str | None:
    """Return why an answer of an invariant is a violation; None if it is not."""
    if answer is True:
        return None
    return answer if isinstance(answer, str) else "the spec returned False"
