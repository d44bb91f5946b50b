"""Stopping a check from outside: by --max-time, by Ctrl-C and by SIGTERM, also where a function never ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kmodel.cli.one_line import one_line
from kmodel.engines import alarm
from kmodel.engines.alarm import as_stopped
from kmodel.engines.clock import STOPPED, Deadline, TimeIsUp

PROJECT = '''
from kmodel.kernel import Cluster, invariant

@invariant
def endless(cluster: Cluster) -> bool:
    """It never ends."""
    while True:
        pass
'''
GOOD = """
from kmodel.kernel import Cluster, invariant

@invariant
def fine(cluster: Cluster) -> bool:
    return True
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: a, image: x}]}
"""
MANY = ("--nodes", "3", "--faults", "container-crash=2,kubelet-restart=2,node-crash=1", "--spec", "fine")
COMMAND = (sys.executable, "-c", "from kmodel.cli import main; main()", "check", "-f", "pod.yaml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "mine.py").write_text(PROJECT)
    (tmp_path / "specs" / "good.py").write_text(GOOD)
    (tmp_path / "pod.yaml").write_text(POD)
    return tmp_path


def start(project: Path, *options: str) -> "subprocess.Popen[str]":
    path = os.pathsep.join([str(Path.cwd()), *sys.path])
    return subprocess.Popen(
        [*COMMAND, *options],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "engine",
    [
        (),
        pytest.param(("--simulate", "10"), marks=pytest.mark.long),
        pytest.param(("--engine", "hypothesis"), marks=pytest.mark.long),
    ],
)
def test_a_spec_that_never_ends_is_named(project: Path, engine: tuple[str, ...]) -> None:
    seconds = 6 if "hypothesis" in engine else 1  # Hypothesis takes a while to begin
    process = start(project, "--spec", "endless", "--max-time", f"{seconds}s", *engine)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 3, err
    assert f"time was up ({seconds} s)" in " ".join(out.split())
    assert "in spec endless of specs/mine.py:" in " ".join(out.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_answered_at_once_and_nothing_is_lost(project: Path, number: signal.Signals) -> None:
    process = start(project, *MANY, "--checkpoint-every", "0.1")
    checkpoint = project / "reports" / "pod" / "checkpoint"
    deadline = 100.0
    while not list(checkpoint.glob("*.kmodel")) and process.poll() is None and deadline > 0:
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            deadline -= 0.2
    process.send_signal(number)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 3, err
    assert "stopping after this round; again to stop now" in err
    assert "interrupted after" in " ".join(out.split())
    assert "--resume" in out
    assert (project / "reports" / "pod" / "index.html").exists()


def test_a_time_that_is_none_is_told_in_one_line(project: Path) -> None:
    process = start(project, "--max-time", "soon")
    _, err = process.communicate(timeout=100)
    assert process.returncode == 2
    assert err.startswith("error: ")
    assert "'soon' is no time; write for example 60s, 5m or 1h" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [("specs",), ("check", "pod-creation-poll", "-v")])
def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """As in `kmodel specs | head -1`: nothing is said of it."""
    command = [*COMMAND[:3], *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert "error:" not in run.stderr.read()


@pytest.mark.parametrize("is_asked", [False, True])
def test_an_error_of_what_was_stopped_where_it_was_is_that_stop(is_asked: bool) -> None:
    deadline = Deadline()

    def compiling() -> Iterator[int]:
        yield 1
        try:
            deadline.stop_now()
        except STOPPED:
            raise RuntimeError("no compiled object yet") from None

    if is_asked:
        deadline.ask()
    events = as_stopped(compiling(), deadline)
    assert next(events) == 1
    with pytest.raises(KeyboardInterrupt if is_asked else TimeIsUp):
        next(events)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")
def test_what_never_comes_to_a_check_is_stopped_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm, "STUCK_SECONDS", 0.05)
    with pytest.raises(TimeIsUp), alarm.stopped_if_stuck(Deadline(0.05)):
        time.sleep(60)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")
def test_the_alarm_of_others_stays_theirs() -> None:
    """pytest-timeout has one, for example."""
    signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        with alarm.stopped_if_stuck(Deadline(0)):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 500
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.long
def test_pytest_ends_although_a_spec_never_does(project: Path) -> None:
    (project / "specs" / "scenarios").mkdir()
    (project / "pod.yaml").rename(project / "specs" / "scenarios" / "one.yaml")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-k",
        "endless and one",
        "--kmodel-max-time",
        "1",
    ]
    path = os.pathsep.join([str(Path.cwd()), *sys.path])
    told = subprocess.run(
        command, cwd=project, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=100
    )
    assert "one: not exhaustive: time was up (1 s)" in told.stdout
    assert "in spec endless of" in told.stdout


def test_an_error_of_what_was_not_stopped_is_one() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise RuntimeError("no compiled object yet")

    events = as_stopped(failing(), Deadline(0))
    assert next(events) == 1
    with pytest.raises(RuntimeError):
        next(events)


def test_that_the_time_was_up_before_the_beginning_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    @one_line
    def command() -> None:
        raise TimeIsUp

    with pytest.raises(click.exceptions.Exit) as ended:
        command()
    assert ended.value.exit_code == 3
    assert capsys.readouterr().err == (
        "the time was up before anything was explored; give more of it with --max-time\n"
    )
