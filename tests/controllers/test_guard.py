"""What a controller's code may not do is told in one line, with the line of the code."""

import datetime
import gc
import random
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmodel.controllers import Client
from kmodel.controllers.rehearsal import Rehearsed, Stage
from kmodel.controllers.running import RunEnd, run
from kmodel.kernel import ModelError
from tests.controllers.scenes import Cache, cache, manifest

Code = Callable[[Client, str], Any]


def once(code: Code, stage: Stage | None = None) -> RunEnd:
    """Run the code once, alone."""
    replay: Any = Rehearsed(None, "", (), (), [], stage=stage or Stage({}))  # type: ignore[arg-type]
    return run(replay, code, "main", Client(replay, "", (Cache,)))


def recursing(client: Client, key: str) -> None:
    recursing(client, key)


def looping(client: Client, key: str) -> None:
    while True:
        key = key[:1]


def asking(client: Client, key: str) -> None:
    for _ in range(1_000_000):
        client.get(Cache, key)


REFUSED: list[tuple[str, Code, str]] = [
    ("time", lambda client, key: time.time() and None, "reads the clock (time.time)"),
    ("datetime", lambda client, key: datetime.datetime.now() and None, "reads the clock (datetime.now)"),
    ("sleep", lambda client, key: time.sleep(0), "waits (time.sleep)"),
    ("random", lambda client, key: random.randint(1, 2) and None, "draws a random number"),
    ("uuid", lambda client, key: uuid.uuid4() and None, "draws a random number"),
    ("thread", lambda client, key: threading.Thread(target=print).start(), "starts a thread"),
    ("file", lambda client, key: Path("x").write_text("x") and None, "opens a file"),
    ("network", lambda client, key: socket.create_connection(("127.0.0.1", 9)) and None, "uses the network"),
    ("loop", looping, "has run for 5,000,000 instructions, and does not end"),
    ("calls", asking, "asks more than 250 questions in one run"),
]


@pytest.mark.parametrize(("code", "does"), [pytest.param(code, does, id=name) for name, code, does in REFUSED])
def test_what_it_would_not_do_again_is_refused(code: Code, does: str) -> None:
    if does.startswith("has run") and sys.gettrace() is not None:
        pytest.skip("somebody else traces this")
    with pytest.raises(ModelError, match=rf"test_guard\.py:\d+: {re.escape(does)}.*; "):
        once(code)


def test_what_it_catches_is_refused_all_the_same() -> None:
    def code(client: Client, key: str) -> None:
        try:
            time.time()
        except BaseException:
            return

    with pytest.raises(ModelError, match="reads the clock"):
        once(code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(lambda client, key: sys.exit(3), "SystemExit: 3", id="exit"),
        pytest.param(recursing, "RecursionError", id="recursion"),
    ],
)
def test_what_ends_the_program_is_named(code: Code, said: str) -> None:
    with pytest.raises(ModelError, match=rf"test_guard\.py:\d+, in .*: {said}"):
        once(code)


def test_what_it_raises_is_how_the_run_ends() -> None:
    def code(client: Client, key: str) -> None:
        raise KeyError(key)

    outcome = once(code)
    assert outcome.is_bug
    assert re.search(r"test_guard\.py:\d+, in code: KeyError: 'main'", outcome.error)


def test_it_is_watched_no_longer_than_it_runs() -> None:
    once(lambda client, key: None)
    assert time.time() > 0
    assert sys.getprofile() is None


def test_no_garbage_is_collected_meanwhile() -> None:
    # Libraries look at the clock when it is, as Hypothesis does, which would be taken for the code's.
    collected = []

    def code(client: Client, key: str) -> None:
        gc.callbacks.append(told)
        assert [[] for _ in range(100_000)]
        gc.callbacks.remove(told)

    def told(phase: str, about: dict[str, int]) -> None:
        collected.append(phase)

    once(code)
    assert not collected
    assert gc.isenabled()


def test_an_object_that_it_changes_is_told() -> None:
    def code(client: Client, key: str) -> None:
        client.get(Cache, key).spec.replicas = 3

    with pytest.raises(ModelError, match=r"test_guard\.py:\d+, in code: FrozenInstanceError.*write client\.patch"):
        once(code, Stage({("caches", "main"): cache()}))


def test_what_it_returns_is_checked() -> None:
    with pytest.raises(ModelError, match=r"returned 3; return None, or Requeue\(\) to be run again"):
        once(lambda client, key: 3)


def test_a_manifest_that_is_none_is_told_with_its_line() -> None:
    def code(client: Client, key: str) -> None:
        client.create(
            {"apiVersion": "example.com/v1", "kind": "Cache", "metadata": {"name": key}, "spec": {"replicas": "x"}}
        )

    with pytest.raises(ModelError, match=r'test_guard\.py:\d+: spec\.replicas: is the string "x", not a whole number'):
        once(code)
    with pytest.raises(ModelError, match=r'test_guard\.py:\d+: kind: "Pod" is not a kind that is modelled'):
        once(lambda client, key: client.create(manifest("web")) and None)
