"""Hooks of Metacontroller: functions from a request to an answer, both JSON; or the file of a published one, unchanged.

A published file serves HTTP when it is run; here its server only tells which class handles requests, and that is handed
the bytes of each. No socket is opened.
"""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from kmodel.controllers.remembered import Remembered
from kmodel.kernel.errors import RAISED, ModelError, name_error

NO_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
Hook = Callable[[dict[str, Any]], Any]


def hook_of(given: Hook | str | Path, beside: str, at: str = "/sync") -> Hook:
    """Return the hook that is meant: a function, or the path of a file, from the folder of the file `beside`.

    What a file serves is asked `at` this path of the URL. ModelError if it serves nothing.
    """
    if callable(given):
        return remembered_hook(given, given.__name__)
    handler = _handler((Path(beside).parent / given).resolve())

    def post(request: dict[str, Any]) -> Any:
        return _post(handler, request, str(given), at)

    return remembered_hook(post, str(given))


def remembered_hook(hook: Hook, name: str) -> Hook:
    """Make a hook remember its answers; ModelError if it answers one request in two ways, or with what is no JSON."""
    kept = Remembered()

    def asked(request: dict[str, Any]) -> Any:
        text = json.dumps(request, sort_keys=True)
        answers: dict[str, str] = kept.values
        if text not in answers:
            first, second = (_answer(hook, text, name) for _ in range(2))
            if first != second:
                raise ModelError(f"hook {name} answers the same request in two ways; let it rest on the request alone")
            answers[text] = first
        return json.loads(answers[text])

    return asked


def _answer(hook: Hook, request: str, name: str) -> str:
    quiet = logging.root.manager.disable
    logging.disable()  # what it logs of thousands of calls
    try:
        answer = hook(json.loads(request))
    finally:
        logging.disable(quiet)
    try:
        return json.dumps(answer, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"hook {name} answers what is no JSON: {error}; return dicts, lists, text and numbers"
        ) from None


@cache
def _handler(path: Path) -> Any:
    """Run the file and return the class that handles its requests."""
    import http.server  # what takes a while to load, and only a published file needs
    import runpy

    caught: list[Any] = []

    class FakeServer:
        """Stands in for a server while the file runs."""

        def __init__(self, address: Any, handler: Any, *more: Any) -> None:
            caught.append(handler)

        def serve_forever(self) -> None:
            """Return at once."""

        def server_close(self) -> None:
            """Do nothing."""

    servers = dict.fromkeys(("HTTPServer", "ThreadingHTTPServer"), FakeServer)
    with _replaced(http.server, servers), _logging_as_it_was():
        try:
            runpy.run_path(str(path), run_name="__main__")
        except RAISED as error:
            raise ModelError(f"{name_error(f'hook {path.name} cannot be loaded', error)}; correct that line") from None
    if not caught:
        raise ModelError(f"{path}: serves nothing; a hook hands HTTPServer the class that handles its requests")
    # It logs nothing, and its answers have no date.
    quiet = {"log_message": lambda *arguments: None, "date_time_string": lambda *arguments: NO_DATE}
    return type("Handler", (caught[0],), quiet)


@contextmanager
def _replaced(module: ModuleType, values: Mapping[str, Any]) -> Iterator[None]:
    before = {name: getattr(module, name) for name in values}
    vars(module).update(values)
    try:
        yield
    finally:
        vars(module).update(before)


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """Undo what a file says of how its process should log."""
    level, handlers = logging.root.level, list(logging.root.handlers)
    try:
        yield
    finally:
        logging.root.setLevel(level)
        logging.root.handlers[:] = handlers


def _post(handler: Any, request: dict[str, Any], name: str, at: str) -> Any:
    made, body = handler.__new__(handler), json.dumps(request).encode()
    made.rfile, made.wfile = io.BytesIO(body), io.BytesIO()
    made.headers = {"content-length": str(len(body)), "Content-Length": str(len(body))}
    made.path, made.command, made.requestline = at, "POST", f"POST {at} HTTP/1.1"
    made.request_version, made.protocol_version, made.client_address = "HTTP/1.1", "HTTP/1.1", ("", 0)
    made.do_POST()
    head, _, answer = made.wfile.getvalue().partition(b"\r\n\r\n")
    status = head.split(b" ")[1:2]
    if status != [b"200"]:
        raise RuntimeError(f"hook {name} answers {b' '.join(status).decode() or 'nothing'}")
    return json.loads(answer)
