"""What the controllers of users remember, by controller and key, and what is known of them from the start."""

from typing import Any

import attrs

from kmodel.controllers.running import History
from kmodel.kernel import Cells
from kmodel.kubernetes.components.etcd import Queue


@attrs.frozen(cache_hash=True)
class Failures:
    """How often the runs for a key have failed in a row, if that is counted, and what the last one raised.

    `is_bug` tells whether that is no answer of the api-server, but a mistake such as a TypeError.
    """

    count: int = 0
    error: str = ""
    is_bug: bool = False


@attrs.frozen(cache_hash=True)
class Desired:
    """What a controller makes of one version of an object in a rehearsal: so many objects whose keys begin so.

    `copies` is None where that depends on more; `finalizers` are those it has put on the object.
    """

    owner: str
    desired: Any
    finalizers: tuple[str, ...] = ()
    resource: str = ""
    prefix: str = ""
    copies: int | None = None
    generated: bool = False


WANTED: Cells[tuple[Desired, ...]] = Cells("controllers/wanted")  # by controller; a constant
ABOUT: Cells[str] = Cells("controllers/resource")  # the resource that a controller is about; a constant
QUEUED: Cells[bool] = Cells("controllers/queued")  # by controller and key
HISTORY: Cells[History | None] = Cells("controllers/history")  # of the run that goes on; None: there is none
FAILURES: Cells[Failures] = Cells("controllers/failures")
WRITTEN: Cells[frozenset[tuple[str, str]]] = Cells(
    "controllers/written"
)  # resources and keys, since the last run began


@attrs.frozen(cache_hash=True)
class BringsNewsOf:
    """The projection of a watch's queue on whether an event about a key is under way."""

    key: str

    def __call__(self, queue: Queue) -> bool:
        """Tell whether there is one."""
        return isinstance(queue, tuple) and any(event.key == self.key for event in queue)


def is_running(history: History | None) -> bool:
    """The projection of a history on whether there is a run."""
    return history is not None
