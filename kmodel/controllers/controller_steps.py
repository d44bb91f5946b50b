"""The steps of a user's controller: it begins a run, reads, hears of its calls; and what its informer does for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kmodel.controllers.client import Client, Question
from kmodel.controllers.controller_cells import FAILURES, HISTORY, QUEUED, WRITTEN, BringsNewsOf, Failures, is_running
from kmodel.controllers.remembered import Remembered
from kmodel.controllers.running import NOT_DETERMINISTIC, Answered, History, Replay, RunEnd, run
from kmodel.kernel import Cluster, Event, ModelError, Step, Transition, transition
from kmodel.kernel.values import identity, plain
from kmodel.kubernetes.components.apiserver import answers_reads
from kmodel.kubernetes.components.calls import CALLS, Request, Response, idle, received, send
from kmodel.kubernetes.components.etcd import QUEUES, Watch
from kmodel.kubernetes.components.informer import synced

if TYPE_CHECKING:
    from kmodel.controllers.controller import Controller, Keys


class Actions:
    """The steps of a controller."""

    def __init__(self, controller: "Controller") -> None:
        self.controller = controller
        self._asked = Remembered()  # what it asked, by what it had been told
        about = f"{controller.kind.singular}/{{key}}"
        named = controller.name.replace("-", "_")

        def start(cluster: Cluster, key: str) -> Cluster | None:
            """Take a key off the work queue, and run as far as the first call."""
            return self._start(cluster, key)

        def look(cluster: Cluster, key: str) -> Cluster | None:
            """Read what the api-server has now, and run as far as the next call."""
            return self._look(cluster, key)

        def learn(cluster: Cluster, key: str) -> Cluster | None:
            """Receive the answer, and run as far as the next call."""
            return self._learn(cluster, key)

        for function, name in ((start, named), (look, f"{named}_reads"), (learn, f"{named}_goes_on")):
            function.__name__ = name
        made = [transition(actor=controller.name, object=about, describe=self._told) for _ in range(3)]
        self.start: Transition = made[0](start)
        self.look: Transition = made[1](look)
        self.learn: Transition = made[2](learn)

    def on_change(self, cluster: Cluster, watch: Watch, key: str, old: Any, new: Any) -> Cluster:
        """Put on the work queue whom a change concerns."""
        controller = self.controller
        if watch.resource == controller.kind.resource:
            cluster = self._enqueue(cluster, key)
        if any(watch.resource == kind.resource for kind in controller.owns):
            for value in (old, new):
                owner = None if value is None else value.metadata.owner
                if owner is not None and owner.kind == controller.kind.kind:
                    cluster = self._enqueue(cluster, owner.name)
        for kind, keys in controller.maps:
            if watch.resource == kind.resource:
                for each in self._mapped(cluster, keys, (old, new)):
                    cluster = self._enqueue(cluster, each)
        return cluster

    def _mapped(self, cluster: Cluster, keys: "Keys | None", values: tuple[Any, ...]) -> Iterator[str]:
        """Yield the keys that a change concerns."""
        if keys is None:
            yield from (key for name, key in cluster.layout.keys(QUEUED) if name == self.controller.name)
        else:
            yield from (key for value in values if value is not None for key in keys(value))

    def _enqueue(self, cluster: Cluster, key: str) -> Cluster:
        cell = QUEUED[self.controller.name, key]
        return cluster.set(cell, True) if cluster.has(cell) else cluster

    def _start(self, cluster: Cluster, key: str) -> Cluster | None:
        name = self.controller.name
        if not cluster[QUEUED[name, key]] or cluster.look(HISTORY[name, key], is_running):
            return None
        if not synced(cluster, name, *(each for each in self.controller.watched if cluster.has(QUEUES[name, each]))):
            return None
        if self._busy(cluster, key) >= self.controller.workers:
            return None
        if self.controller.reads_own_writes:
            last: frozenset[tuple[str, str]] = cluster[WRITTEN[name, key]]
            for resource, written in sorted(last):
                if cluster.look(QUEUES[name, resource], BringsNewsOf(written)):
                    return None
            cluster = cluster.set(WRITTEN[name, key], frozenset())
        return self._run(cluster.set(QUEUED[name, key], False), key, ())

    def _busy(self, cluster: Cluster, key: str) -> int:
        others = [each for each in cluster.layout.keys(HISTORY) if each[0] == self.controller.name and each[1] != key]
        if len(others) < self.controller.workers:
            return 0
        return sum(cluster.look(HISTORY[each], is_running) for each in others)

    def _look(self, cluster: Cluster, key: str) -> Cluster | None:
        if not cluster.look(HISTORY[self.controller.name, key], is_running):
            return None
        if not idle(cluster, self.controller.client_of(key)):
            return None
        return self._run(cluster, key, self._answers(cluster, key), may_look=True)

    def _learn(self, cluster: Cluster, key: str) -> Cluster | None:
        client = self.controller.client_of(key)
        response = received(cluster, client)
        if response is None:
            return None
        if self.controller.reads_own_writes and response.ok and response.resource in self.controller.watched:
            cell = WRITTEN[self.controller.name, key]
            known: frozenset[tuple[str, str]] = cluster[cell]
            cluster = cluster.set(cell, known | {(response.resource, response.key)})
        return self._run(cluster.set(CALLS[client], None), key, self._answers(cluster, key), response=response)

    def _answers(self, cluster: Cluster, key: str) -> tuple[Answered, ...]:
        history = cluster[HISTORY[self.controller.name, key]]
        assert history is not None
        return history.answers

    def _run(
        self,
        cluster: Cluster,
        key: str,
        answers: tuple[Answered, ...],
        response: Response | None = None,
        may_look: bool = False,
    ) -> Cluster:
        controller = self.controller
        replay = Replay(
            cluster,
            controller.name,
            controller.watched,
            controller.written,
            list(answers),
            response,
            may_look,
            is_answered=not may_look or answers_reads(cluster, controller.client_of(key)),
        )
        outcome = run(replay, controller.code, key, Client(replay, controller.user, controller.kinds))
        cell = HISTORY[controller.name, key]
        if replay.stopped_at is not None:
            self._compare(key, outcome.history, replay.stopped_at)
        if outcome.request is not None:
            return send(cluster.set(cell, outcome.history), controller.client_of(key), outcome.request)
        if outcome.waits:
            return cluster.set(cell, outcome.history)
        return self._end(cluster.set(cell, None), key, outcome)

    def _compare(self, key: str, history: History, question: Question) -> None:
        """Raise ModelError if on the same answers the code asked for something else before."""
        known = identity(plain(history, lambda: f"what {self.controller.name} was told"))
        request = identity(plain(question.request, lambda: f"what {self.controller.name} asks"))
        said, line, before = self._asked.values.setdefault((key, known), (question.said, question.line, request))
        if (said, line, before) != (question.said, question.line, request):
            raise ModelError(NOT_DETERMINISTIC.format(question.line, question.said, said, line))

    def _end(self, cluster: Cluster, key: str, outcome: RunEnd) -> Cluster:
        controller, cell = self.controller, FAILURES[self.controller.name, key]
        if not outcome.error:
            cluster = cluster.set(cell, Failures())
            return cluster.set(QUEUED[controller.name, key], True) if outcome.again else cluster
        failed = cluster[cell].count
        if controller.retries is not None and failed >= controller.retries:
            return cluster.set(cell, Failures())  # given up, until something changes
        count = 0 if controller.retries is None else failed + 1
        return cluster.set(cell, Failures(count, outcome.error, outcome.is_bug)).set(QUEUED[controller.name, key], True)

    def _told(self, step: Step) -> Event:
        name, key = self.controller.name, step.action.arguments["key"]
        about = f"{self.controller.kind.singular}/{key}"
        answer = received(step.before, self.controller.client_of(key))
        heard = "" if answer is None else f"{answer.verb} {answer.resource}/{answer.key}: {answer.said}; "
        call = step.after[CALLS[self.controller.client_of(key)]]
        if isinstance(call, Request):
            return Event("Normal", "Reconciling", about, f"{heard}asks to {call.verb} {call.target}")
        if step.after[HISTORY[name, key]] is not None:
            return Event("Normal", "Reconciling", about, f"{heard}is about to read what the api-server has")
        error = step.after[FAILURES[name, key]].error
        if error:
            return Event("Warning", "ReconcileError", about, f"{heard}fails, and will be tried again: {error}")
        return Event("Normal", "Reconciled", about, f"{heard}is done")
