"""Runs: one way through a model, step by step, for tests that tell a story or look at single transitions."""

from collections.abc import Callable

import attrs

from kmodel.kernel import Action, Cluster, Step, take
from kmodel.kubernetes.components import apiserver, etcd
from kmodel.kubernetes.components.calls import CALLS, Request, Response
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.control_plane import build
from tests.components.scenes import ADMIN

MOST_TRANSACTIONS = 2  # that a request takes
LONGEST = 500  # steps after which a run that does not come to rest is taken to go round in circles
KUBECTL = f"kubectl/{ADMIN}"


@attrs.frozen
class Run:
    """The actions of a model, the cluster that the run has come to, and the steps that led there."""

    actions: tuple[Action, ...]
    cluster: Cluster
    steps: tuple[Step, ...] = ()

    @staticmethod
    def of(settings: Settings) -> "Run":
        """Return the run that has not taken a step."""
        cluster, actions = build(settings)
        return Run(actions, cluster)

    def step(self, name: str, /, **binding: str) -> Step | None:
        """Return the step that a transition would take; None if it is not enabled."""
        action = next(
            action for action in self.actions if action.transition.name == name and action.arguments == binding
        )
        return take(action, self.cluster)

    def can(self, name: str, /, **binding: str) -> bool:
        """Tell whether a transition is enabled."""
        return self.step(name, **binding) is not None

    def take(self, name: str, /, **binding: str) -> "Run":
        """Return the run after a transition, which must be enabled."""
        step = self.step(name, **binding)
        assert step is not None, f"{name}({binding}) is not enabled after {self.told}"
        return self.after(step)

    def after(self, step: Step) -> "Run":
        """Return the run after one step more."""
        return attrs.evolve(self, cluster=step.next, steps=(*self.steps, step))

    def settle(self, *, without: tuple[str, ...] = (), until: Callable[[Cluster], bool] | None = None) -> "Run":
        """Return the run after system steps, until none is left: always one that was taken least often so far.

        So no action starves another. Actors or transitions in `without` stand still. `until` ends the run earlier,
        and must come true.
        """
        run, taken = self, [0] * len(self.actions)
        may = [index for index, action in enumerate(self.actions) if self._may(action, without)]
        for _ in range(LONGEST):
            if until is not None and until(run.cluster):
                return run
            fair = sorted(may, key=taken.__getitem__)
            found = ((index, take(self.actions[index], run.cluster)) for index in fair)
            index, step = next(((index, step) for index, step in found if step is not None), (0, None))
            if step is None:
                assert until is None, f"the run came to rest too early, after {run.told}"
                return run
            taken[index] += 1
            run = run.after(step)
        raise AssertionError(f"the run did not come to rest; it ends with {run.told[-8:]}")

    def _may(self, action: Action, without: tuple[str, ...]) -> bool:
        if action.transition.environment:
            return False
        return action.transition.name not in without and not any(action.actor.startswith(name) for name in without)

    def user(self) -> "Run":
        """Return the run after the admin has given the next command, and all has come to rest."""
        return self.take("run_command", user=ADMIN).settle()

    def ask(self, request: Request, client: str = KUBECTL) -> tuple[Response, "Run"]:
        """Return what the api-server answers to a request when nothing comes in between, and the run after it."""
        run = attrs.evolve(self, cluster=self.cluster.set(CALLS[client], request))
        for transition in (apiserver.handle, etcd.commit, apiserver.answer) * MOST_TRANSACTIONS:
            step = take(transition.bind(client=client), run.cluster)
            run = run.after(step) if step is not None else run
        answer = run.cluster[CALLS[client]]
        assert isinstance(answer, Response), f"the api-server did not answer, but left {answer}"
        return answer, attrs.evolve(run, cluster=run.cluster.set(CALLS[client], None))

    def since(self, earlier: "Run") -> "Run":
        """Return the run with only the steps that came after an earlier point of it."""
        return attrs.evolve(self, steps=self.steps[len(earlier.steps) :])

    @property
    def told(self) -> list[str]:
        """The steps as `actor: transition`, for messages and for comparing stories."""
        return [f"{step.action.actor}: {step.action.transition.name}" for step in self.steps]
