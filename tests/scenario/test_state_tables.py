"""A state as kubectl would print it: objects, caches that differ, requests and events under way."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.engines.retracing import follow_path
from kmodel.kernel import Trace
from kmodel.project import Input, Project
from tests.reporting.golden import same

SCENARIO = Path(__file__).parents[2] / "specs/scenarios/pod-creation.yaml"
BOUND = "0/2/2/2/0/1/1/4/3/0/2/2/5/5"  # the pod is bound, and the scheduler does not know it yet


@pytest.fixture(scope="module")
def given() -> Input:
    return Project().read([SCENARIO])


@pytest.fixture(scope="module")
def trace(given: Input) -> Trace:
    return follow_path(given.model(()), BOUND)


def test_objects_are_shown_with_kubectl_s_columns(given: Input, trace: Trace) -> None:
    tables = {table.title: table for table in given.state(trace.last)}
    assert tables["pods"].headings == ("NAME", "READY", "STATUS", "RESTARTS", "NODE")
    assert tables["pods"].rows == (("nginx", "0/1", "Pending", "0", "n2"),)
    assert tables["nodes"].rows == (("n2", "Ready", "<none>"),)


def test_what_is_not_there_yet_is_not_shown(given: Input, trace: Trace) -> None:
    assert [table.title for table in given.state(trace.initial)] == ["What else is remembered"]


def test_a_cache_that_lags_is_told_beside_etcd_and_one_that_does_not_is_left_out(given: Input, trace: Trace) -> None:
    lagging = {
        (number, *row)
        for number, state in enumerate(trace.states)
        for table in given.state(state)
        if table.title == "Caches that differ from etcd"
        for row in table.rows
    }
    assert (12, "kube-scheduler", "pods/nginx", "Pending, not bound", "Pending, on n2") in lagging
    assert not any(who == "kubelet/n1" for _, who, *_ in lagging), "the pod is not for n1, which does not lack it"


def test_a_request_is_told_with_how_far_it_is(given: Input, trace: Trace) -> None:
    told = [
        row
        for state in trace.states
        for table in given.state(state)
        if table.title == "Requests under way"
        for row in table.rows
        if row[0] == "kubectl/admin"
    ]
    assert [row[2] for row in dict.fromkeys(told)] == ["to the api-server", "to etcd", "etcd answered"]


def run(*arguments: str) -> str:
    outcome = CliRunner().invoke(main, ["replay", "--path", BOUND, "-f", str(SCENARIO), *arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_replay_shows_the_state_after_a_step() -> None:
    assert same("replay-at.txt", run("--at", "12"))


def test_replay_writes_the_objects_of_a_state_as_yaml() -> None:
    pod, node = yaml.safe_load_all(run("--at", "12", "-o", "yaml"))
    assert (pod["apiVersion"], pod["kind"], pod["metadata"]["name"]) == ("v1", "Pod", "nginx")
    assert (pod["spec"]["nodeName"], node["kind"]) == ("n2", "Node")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--at", "99"], "there is no step 99: the trace has 13"),
        (["-o", "yaml"], "-o yaml shows one state; add --at STEP"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(arguments: list[str], why: str) -> None:
    outcome = CliRunner().invoke(main, ["replay", "--path", BOUND, "-f", str(SCENARIO), *arguments])
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"error: {why}")
    assert outcome.stderr.count("\n") == 1
