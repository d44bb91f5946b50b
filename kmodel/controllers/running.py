"""A run of a controller's code: from its start, against the answers that it was given, to the next call or its end."""

import inspect
import re
import traceback
from collections.abc import Callable
from typing import Any

import attrs
from attrs.exceptions import FrozenInstanceError

from kmodel.controllers.api_errors import ApiError, error_of
from kmodel.controllers.client import AsyncClient, Client, Question
from kmodel.controllers.guard import Guard, Stopped, is_users, place
from kmodel.kernel import Cluster, ModelError
from kmodel.kernel.errors import place_of
from kmodel.kubernetes.components.calls import TIMEOUT, Request, Response
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.informer import in_cache
from kmodel.kubernetes.components.settings import POOLS
from kmodel.kubernetes.objects import key as key_of

STAND_IN = re.compile(r"'Tracked(?=[A-Z])")  # the kernel's, of a class whose attributes are watched
MISTAKES = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError)
NOT_DETERMINISTIC = (
    "{}: not deterministic: it asks to {}, but on the same answers it asked to {} before ({}); "
    "let it rest on the answers alone"
)
MOST_ANSWERS = 250  # of one run


@attrs.frozen(cache_hash=True)
class Failure:
    """The answer that something was not done."""

    code: int
    reason: str


@attrs.frozen(cache_hash=True)
class Answered:
    """A question that was answered: what it said, its line, the answer."""

    said: str
    line: str
    answer: Any = None


@attrs.frozen(cache_hash=True)
class History:
    """The answers that a run was given so far."""

    answers: tuple[Answered, ...] = ()


@attrs.frozen
class Requeue:
    """What a run returns in order to be run again; `after` is for the reader: there are no clocks."""

    after: float = 0


@attrs.frozen
class RunEnd:
    """How far a run came: to a request, to a live read (`waits`), or to its end: with what it returned, or raised."""

    history: History
    request: Request | None = None
    waits: bool = False
    again: bool = False
    error: str = ""
    is_bug: bool = False


@attrs.define
class Replay:
    """Answers by the history first; then from the cluster, and with the one answer that has come."""

    cluster: Cluster
    process: str
    watched: tuple[str, ...]
    written: tuple[str, ...]
    answers: list[Answered]
    response: Response | None = None
    may_look: bool = False
    is_answered: bool = True  # whether a live read is
    position: int = 0
    stopped_at: Question | None = None
    problem: str = ""

    def ask(self, question: Question) -> Any:
        """Return the answer; the run stops here if there is none yet."""
        if self.stopped_at is not None or self.problem:
            raise Stopped
        if self.position < len(self.answers):
            answered = self.answers[self.position]
            if (answered.said, answered.line) != (question.said, question.line):
                self._stop(NOT_DETERMINISTIC.format(question.line, question.said, answered.said, answered.line))
        else:
            self.answers.append(Answered(question.said, question.line, self._answer(question)))
            if len(self.answers) > MOST_ANSWERS:
                self._stop(f"{question.line}: asks more than {MOST_ANSWERS} questions in one run; let the loop end")
        answer = self.answers[self.position].answer
        self.position += 1
        if isinstance(answer, Failure):
            raise error_of(answer.code, answer.reason, question.said)
        return answer

    def _stop(self, problem: str) -> None:
        self.problem = problem
        raise Stopped

    def _answer(self, question: Question) -> Any:
        if question.from_cache:
            if question.kind.resource not in self.watched:
                self._stop(
                    f"{question.line}: reads {question.kind.resource} from its cache, and watches none; "
                    f'add owns=["{question.kind.api_version}/{question.kind.kind}"], or live=True'
                )
            return self._read(question)
        if question.live and self.may_look:
            self.may_look = False
            return self._read(question) if self.is_answered else Failure(TIMEOUT, "Timeout")
        if question.request is not None and self.response is not None:
            response, self.response = self.response, None
            return response.key if response.ok else Failure(response.code, response.reason)
        if question.request is not None:
            if question.kind.resource not in self.written:
                self._stop(
                    f"{question.line}: writes {question.kind.resource}, and says of none of them; "
                    f'add uses=["{question.kind.api_version}/{question.kind.kind}"], or owns='
                )
            self._check_name(question)
        self.stopped_at = question
        raise Stopped

    def _read(self, question: Question) -> Any:
        resource = question.kind.resource
        if not question.many:
            return self._one(question, question.key) if self.cluster.has(stored(resource)[question.key]) else None
        found = (self._one(question, key) for key in self.cluster.names(stored(resource)))
        return tuple(value for value in found if value is not None and selected(value, question))

    def _one(self, question: Question, key: str) -> Any:
        resource = question.kind.resource
        if question.live:
            return self.cluster[stored(resource)[key]]
        return in_cache(self.cluster, self.process, resource, key)

    def _check_name(self, question: Question) -> None:
        request = question.request
        assert request is not None
        if request.verb != "create":
            if not self.cluster.has(stored(request.resource)[request.key]):  # there never was one, and never will be
                self.answers.append(Answered(question.said, question.line, Failure(404, "NotFound")))
                self.position += 1
                raise error_of(404, "NotFound", question.said)
            return
        body: Any = request.body
        prefix = key_of(body.metadata.generate_name, body.metadata.namespace)
        known = (
            self.cluster.has(stored(request.resource)[request.key])
            if request.key
            else any((pool.resource, pool.prefix) == (request.resource, prefix) for pool in self.cluster[POOLS])
        )
        if not known:
            what = f"{question.kind.singular}/{request.key or f'{prefix}…'}"
            self._stop(
                f"{question.line}: creates {what}, of which no rehearsal of the controller told; "
                f"add makes=lambda value: [its manifest] to @controller"
            )


def selected(value: Any, question: Question) -> bool:
    """Tell whether an object is one of those that are listed."""
    if question.labels and not set(question.labels) <= set(value.metadata.labels):
        return False
    owner = value.metadata.owner if question.owner is not None else None
    return question.owner is None or (owner is not None and bool(owner.uid == question.owner))


Code = Callable[[Any, str], Any]


def _told(error: BaseException) -> str:
    """Return an error with the line of the user's code that it comes from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename)]
    said = STAND_IN.sub("'", f"{type(error).__name__}: {' '.join(str(error).split())}")
    return f"{place(frames[-1].filename, frames[-1].lineno or 0)}, in {frames[-1].name}: {said}" if frames else said


def _finished(code: Code, client: Client, key: str) -> Any:
    """Return what the code returns, also if it is `async`: its calls are answered at once, or end the run."""
    if not inspect.iscoroutinefunction(code):
        return code(client, key)
    coroutine = code(AsyncClient(client), key)
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    finally:
        coroutine.close()
    raise ModelError(f"{place_of(code)}: awaits what is no call of the client; await only these")


def run(replay: Replay, code: Code, key: str, client: Client) -> RunEnd:
    """Run the code; ModelError if it does what is refused, or what another run of it would not do."""
    guard, error, is_bug, result, goes_on = Guard(), "", False, None, True
    try:
        with guard:
            result = _finished(code, client, key)
    except Stopped:
        goes_on = False
    except ApiError as raised:
        error = f"{type(raised).__name__}: {raised}"
    except ModelError:
        raise
    except FrozenInstanceError as raised:
        raise ModelError(f"{_told(raised)}: objects do not change; write client.patch or client.update") from None
    except (RecursionError, SystemExit, MemoryError) as raised:
        raise ModelError(f"{_told(raised)}; let it end as all functions do") from None
    except Exception as raised:
        is_bug = isinstance(raised, MISTAKES)
        error = _told(raised)
    guard.check()
    if replay.problem:
        raise ModelError(replay.problem)
    history = History(tuple(replay.answers))
    at = replay.stopped_at
    if at is not None:
        if goes_on:
            raise ModelError(f"{at.line}: the run stops here, and its code goes on; catch Exception, not everything")
        return RunEnd(history, at.request, waits=at.request is None)
    if replay.position < len(replay.answers) or replay.response is not None:
        raise ModelError(f"{code.__name__} is not deterministic: it ended before the call that it made before")
    again = isinstance(result, Requeue)
    if not again and result is not None and not error:
        raise ModelError(f"{code.__name__} returned {result!r}; return None, or Requeue() to be run again")
    return RunEnd(history, again=again, error=error, is_bug=is_bug)
