"""A recording that was broken by hand, so that no control plane could have written it, is refused at the right line.

Lines are known by their first revision (and requests without one by their number in the file). What is expected to be
refused is the first line that the break makes impossible, and why is said beside it.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.recordings.recording import DATA, lines
from tests.recordings.search import RefusedError, explain

SHARE = 3  # `make test` takes every third
SLOW = ("deployment", "deployment-stuck")  # and none of these, which take up to 12 s each
Raw = list[dict[str, Any]]
Break = Callable[[Raw], Raw]


def revision(line: dict[str, Any]) -> int | None:
    return line["changes"][0]["rev"] if "changes" in line else None


def at(raw: Raw, rev: int) -> int:
    """Return the index of the line with this first revision."""
    return next(index for index, line in enumerate(raw) if revision(line) == rev)


def drop(rev: int) -> Break:
    return lambda raw: [line for line in raw if revision(line) != rev]


def without(do: str) -> Break:
    return lambda raw: [line for line in raw if line.get("do") != do]


def move(rev: int, before: int) -> Break:
    """The break by which a write comes before an earlier one."""

    def broken(raw: Raw) -> Raw:
        moved = raw[at(raw, rev)]
        rest = [line for line in raw if line is not moved]
        place = at(rest, before)
        return [*rest[:place], moved, *rest[place:]]

    return broken


def change(rev: int, edit: Callable[[dict[str, Any]], None]) -> Break:
    def broken(raw: Raw) -> Raw:
        edit(raw[at(raw, rev)])
        return raw

    return broken


def repeat(rev: int, name: str) -> Break:
    """The break by which an object is created once more, under another name."""

    def broken(raw: Raw) -> Raw:
        place = at(raw, rev)
        again = json.loads(json.dumps(raw[place]))
        again["name"] = again["changes"][0]["object"]["metadata"]["name"] = name
        again["changes"][0]["object"]["metadata"]["uid"] = "again"
        return [*raw[: place + 1], again, *raw[place + 1 :]]

    return broken


def answered(number: int, code: int) -> Break:
    """The break by which a request that changed nothing, on this line, is answered otherwise."""

    def broken(raw: Raw) -> Raw:
        assert "changes" not in raw[number - 1]
        raw[number - 1]["code"] = code
        return raw

    return broken


def restarts(count: int) -> Callable[[dict[str, Any]], None]:
    return lambda line: line["changes"][0]["object"]["status"]["containerStatuses"][0].update(restartCount=count)


def code(value: int) -> Callable[[dict[str, Any]], None]:
    return lambda line: line.update(code=value)


def status(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda line: line["changes"][0]["object"]["status"].update(fields)


def size(replicas: int) -> Callable[[dict[str, Any]], None]:
    return lambda line: line["changes"][0]["object"]["spec"].update(replicas=replicas)


def of_revision(number: str) -> Callable[[dict[str, Any]], None]:
    told = {"deployment.kubernetes.io/revision": number}
    return lambda line: line["changes"][0]["object"]["metadata"].update(annotations=told)


def bound_to(node: str) -> Callable[[dict[str, Any]], None]:
    def edit(line: dict[str, Any]) -> None:
        line["node"] = line["changes"][0]["object"]["spec"]["nodeName"] = node

    return edit


BROKEN = [
    # pod-creation: 274 create, 275 binding to n2, 278 and 283 the status of the kubelet of n2
    ("pod-creation", drop(275), 278, "n2 runs a pod that is not bound to it"),
    ("pod-creation", move(275, 274), 275, "a pod is bound that is not there"),
    ("pod-creation", change(275, bound_to("n1")), 283, "n2 runs a pod that is bound to n1"),
    ("pod-creation", change(283, status(phase="Succeeded")), 283, "a pod has succeeded, and is ready"),
    ("pod-creation", change(275, code(409)), 275, "a binding is refused that nothing is in the way of"),
    ("pod-creation", change(275, lambda line: line.pop("uid")), 275, "a scheduler binds whoever bears the name"),
    # pod-deletion: 302 delete slow, 303 and 311 the status of its kubelet, 313 its last DELETE
    ("pod-deletion", drop(302), 311, "a pod that nobody deletes is stopped, under restartPolicy Always"),
    ("pod-deletion", drop(311), 313, "a kubelet has a pod removed whose end it has not reported"),
    ("pod-deletion", move(313, 311), 313, "the same"),
    ("pod-deletion", drop(354), 357, "a pod is created whose name is taken"),
    ("pod-deletion", drop(283), None, "pending is deleted before it was said to be unschedulable: that is legal"),
    # replicaset: 275 create, 276 278 280 its pods, 314 one is deleted, 315 another takes its place, 336 scaled to 1
    ("replicaset", repeat(280, "web-again"), "web-again", "a fourth pod of three"),
    ("replicaset", drop(314), 315, "a pod takes the place of one that is there"),
    ("replicaset", move(337, 336), 337, "a pod is deleted that is not too many"),
    ("replicaset", drop(278), 282, "a pod is bound that was not created"),
    # unschedulable: 302 first ends, 303 second is bound, 361 the taint gone, 366 and 367 evictions
    ("unschedulable", drop(302), 303, "a pod is bound where there is no room"),
    ("unschedulable", move(303, 302), 303, "the same"),
    ("unschedulable", drop(361), 366, "a pod is evicted from a node without a taint"),
    ("unschedulable", move(338, 337), 338, "a pod is bound to a node whose taint it does not tolerate"),
    # service: 311 ready, 312 the slice
    ("service", drop(311), 313, "a slice calls a pod ready that is not"),
    ("service", without("probe fails"), 441, "a container is not ready any more whose probe succeeds"),
    ("service", move(277, 275), 277, "a Service has a slice before it is there"),
    # node-dies: 347 Unknown, 349 and 353 taints, 369 eviction, 370 a new pod
    ("node-dies", without("SIGKILL n2"), 347, "a node is called silent that is heard of"),
    ("node-dies", move(369, 353), 369, "a pod is evicted before the taint"),
    ("node-dies", drop(369), 370, "a pod takes the place of one that is there"),
    ("node-dies", without("start n2"), 46, "a kubelet speaks whose node is down"),
    # node-partition: 382 Unknown, 438 the kubelet is back
    ("node-partition", without("SIGCONT n3"), 438, "a kubelet speaks that is stopped"),
    ("node-partition", without("SIGSTOP n3"), 382, "a node is called silent that is heard of"),
    # kubelet-restart: the kubelet registers its Node once more after each start
    ("kubelet-restart", without("SIGKILL n1"), 27, "a kubelet registers again that has not started again"),
    # 351 bare was said to run, and nothing of it is left: one restart; 358 it runs, under the count of a new disk
    ("kubelet-restart", change(351, restarts(0)), 351, "what was said to run ended, and counts as no restart"),
    ("kubelet-restart", change(358, restarts(2)), 358, "a container of a new disk was restarted twice"),
    # errors: on line 40 a pod is created in a namespace that is not there
    ("errors", answered(40, 403), 40, "a namespace that is not there is not found"),
    # scheduler-killed: 313 p14 is created, 371 and bound
    ("scheduler-killed", drop(313), 371, "a pod is bound that was not created"),
    ("scheduler-killed", move(371, 313), 371, "the same"),
    # kcm-killed: 355 the old ReplicaSet is to have 3 pods, 382 one is deleted
    ("kcm-killed", drop(355), 382, "a pod is deleted that is not too many"),
    # namespace-deletion: 333 deleted, 350 a pod is deleted, 377 the last pod goes, 393 the ReplicaSet, 407 finalized
    ("namespace-deletion", drop(333), 350, "a namespace is emptied that nobody has deleted"),
    ("namespace-deletion", move(393, 377), 393, "a ReplicaSet is deleted before the last pod of the namespace is gone"),
    ("namespace-deletion", drop(393), 407, "a namespace is let go in which a ReplicaSet is"),
    ("namespace-deletion", move(407, 402), 407, "a namespace is let go in which a Service is"),
    # deployment: 275 create, 276 its ReplicaSet, 277 told of it; 326 a new image, 327 a second ReplicaSet, 345 its pod
    # is ready, 346 as it says, 347 an old pod is given up, 350 another new one asked for; 433 undone, 434 the first
    # ReplicaSet is the latest, 435 told so, 436 scaled up
    ("deployment", drop(275), 276, "a ReplicaSet of a Deployment that is not there"),
    ("deployment", move(277, 276), 277, "a ReplicaSet is told of that is not there"),
    ("deployment", drop(277), 13, "a write is refused whose version is the current one"),
    ("deployment", change(277, status(observedGeneration=1)), 277, "the first write of a status observes nothing"),
    ("deployment", drop(326), 327, "a second ReplicaSet of one template"),
    ("deployment", move(347, 345), 347, "an old pod is given up before the new one is ready"),
    (
        "deployment",
        move(347, 346),
        347,
        "an old pod is given up before its controller can know that the new one is ready",
    ),
    ("deployment", change(347, size(1)), 347, "two pods are given up at once"),
    ("deployment", move(350, 347), 350, "one more pod than the surge allows"),
    ("deployment", drop(433), 434, "a rollout is undone that nobody undid"),
    ("deployment", move(436, 435), 436, "pods are asked for before the revision is told"),
    ("deployment", change(435, of_revision("4")), 435, "the revision of an undo follows the last one"),
    # deployment-stuck: 353 no image, 381 the deadline is exceeded; 391 scaled to 5, 392 so is the new ReplicaSet
    ("deployment-stuck", without("image is not pulled"), 353, "a kubelet waits for an image that it could pull"),
    ("deployment-stuck", move(381, 352), 381, "the deadline is exceeded while a pod may still become ready"),
    ("deployment-stuck", drop(391), 392, "a rollout grows that nobody scaled"),
    ("deployment-stuck", change(392, size(4)), 392, "a ReplicaSet gets more than its share of what comes to a rollout"),
    # statefulset: 276 create, 277 its revision, 278 web-0, 289 is ready, 292 web-1; 330 that is deleted, 338 gone, 340
    # made anew; 363 scaled to 1, 364 web-2 is deleted, 376 gone, 378 web-1; 404 a new image, 405 its revision, 406
    # web-0 goes, 408 as is said, 431 it is new
    ("statefulset", drop(277), 278, "a pod is made from a revision that is not there"),
    ("statefulset", move(292, 289), 292, "the second pod is made before the first is ready"),
    ("statefulset", drop(338), 340, "a pod is made beside another of its name"),
    ("statefulset", drop(363), 364, "a pod is deleted that is not too many"),
    ("statefulset", move(378, 364), 378, "a pod goes before the last one"),
    ("statefulset", move(378, 376), 378, "a pod goes before the one after it is gone"),
    ("statefulset", drop(404), 405, "a second revision of one template"),
    ("statefulset", move(406, 405), 406, "an old pod goes before there is a new revision"),
    ("statefulset", change(408, status(updatedReplicas=1)), 408, "an old pod counts as a new one"),
    (
        "statefulset",
        change(431, status(currentRevision="web-7b78446bc5")),
        431,
        "an update that is over is not said so",
    ),
    # crash-loop: 300 no image; 307 crashes has ended, 314 and 374 it runs again; 316 never has failed, 328 once has
    # succeeded; 396 crashes is deleted, 398 and ends
    ("crash-loop", without("image is not pulled"), 300, "a kubelet waits for an image that it could pull"),
    ("crash-loop", without("container ends"), 307, "a pod is not ready any more whose container runs"),
    ("crash-loop", change(314, restarts(0)), 314, "a container runs again that was not started again"),
    ("crash-loop", change(374, restarts(3)), 374, "a container that ended twice was started again three times"),
    ("crash-loop", change(316, status(phase="Succeeded")), 316, "a pod succeeds whose container has failed"),
    ("crash-loop", change(328, status(phase="Failed")), 328, "a pod fails whose container ended well at last"),
    ("crash-loop", drop(396), 398, "a pod ends that nobody deletes, under restartPolicy Always"),
    # job: 299 a container has ended, 306 its pod has failed, 307 to be counted, 308 let go, 309 counted; 313 and 316
    # the next two pods, 372 and 373 the last one is to be counted, and let go; 470 deleted, 471 and its pods
    ("job", drop(306), 307, "a pod is to be counted that has not finished"),
    ("job", drop(307), 308, "a pod is let go that is not counted"),
    ("job", drop(308), 309, "a pod is counted that has its finalizer"),
    ("job", change(307, status(active=1)), 307, "a Job that waits with a pod that it lacks says that one is active"),
    ("job", drop(316), 318, "a pod is active that was not created"),
    ("job", change(306, status(phase="Succeeded")), 306, "a pod succeeds whose container has failed"),
    ("job", drop(372), 373, "a pod is let go that is not counted"),
    ("job", drop(470), 471, "a pod is collected whose owner is there"),
    # garbage: 366 bg is deleted, 367 its pod; 389 fg in the foreground, 402 its last pod is gone, 404 and it; 416
    # orphan is, 417 and 419 its pods forget it, 422 it is gone; 435 dep, 437 its ReplicaSet, 439 a pod, 453 and 455
    # both are gone; 516 heldrs is held no more, 517 its pod is collected; 541 another orphan, 542 adopts the pods
    ("garbage", drop(366), 367, "a pod is collected whose owner is there"),
    ("garbage", change(367, lambda line: line.pop("version")), 367, "a pod is collected in whatever version"),
    ("garbage", move(404, 402), 404, "an owner is let go whose last pod is there"),
    ("garbage", move(422, 419), 422, "an owner is let go that a pod has not forgotten"),
    ("garbage", move(439, 437), 439, "a pod is collected before its ReplicaSet is to go"),
    ("garbage", change(437, lambda line: line.update(propagation="Background")), 437, "it goes before its pods"),
    ("garbage", move(455, 453), 455, "a Deployment is let go whose ReplicaSet is there"),
    ("garbage", move(517, 516), 517, "a pod is collected whose owner is held by a finalizer"),
    ("garbage", drop(541), 542, "a pod is adopted by nobody"),
    # daemonset: 276 the revision, 278 a pod for n2, 281 bound, 282 the status; 310 n3 without taints, 311 its pod; 334
    # n2 is deleted, 497 its pod has failed
    ("daemonset", drop(276), 278, "a pod of a template that is not recorded"),
    ("daemonset", change(281, bound_to("n1")), 281, "a pod for n2 is bound to n1"),
    ("daemonset", change(282, status(desiredNumberScheduled=3)), 282, "a pod is wanted on a node that is not there"),
    ("daemonset", move(311, 310), 311, "a pod is made for a node whose taint it does not tolerate"),
    ("daemonset", drop(311), 313, "a pod is bound that was not created"),
    ("daemonset", drop(334), 497, "a pod is collected whose node is there"),
]


def broken_log(name: str, broken: Break) -> Raw:
    return broken([json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()])


@pytest.mark.parametrize(
    ("name", "broken", "refused", "why"),
    [
        pytest.param(
            *each, id=f"{each[0]}-{number}", marks=[pytest.mark.long] if number % SHARE or each[0] in SLOW else []
        )
        for number, each in enumerate(BROKEN)
    ],
)
def test_a_broken_log_is_refused(name: str, broken: Break, refused: int | str | None, why: str) -> None:
    raw = broken_log(name, broken)
    if refused is None:
        assert explain(lines(raw)).states
        return
    with pytest.raises(RefusedError) as found:
        explain(lines(raw))
    line = found.value.line
    expected = at(raw, refused) + 1 if isinstance(refused, int) and refused > len(raw) else refused
    assert expected in (line.number, line.key), f"{why}: {found.value}"
