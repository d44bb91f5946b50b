"""The server of the explorer: pages for who has the token, from this machine, and for nobody else.

What keeps others out: it listens on the loopback interface only; the host that a request names must be that one, so
that no name that resolves to it (DNS rebinding) helps; an origin, if there is one, must be its own; and the token,
drawn anew for each run, is in the path of each page. ExplorerPages load nothing and are in no frame.
"""

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import attrs
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kmodel.explorer.pages import ExplorerPages
from kmodel.explorer.walk import MOST_STEPS, Address, NowhereError, read_address

LOOPBACK = "127.0.0.1"
MOST_RANDOM = 100


@attrs.frozen
class Site:
    """Where the explorer is: the port, and the token that opens it."""

    port: int
    token: str = attrs.field(factory=lambda: secrets.token_urlsafe(16))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that a request may name."""
        return (f"{LOOPBACK}:{self.port}", f"localhost:{self.port}")

    def url(self, what: str, address: Address) -> str:
        """Return the link to a page about an address."""
        return f"http://{LOOPBACK}:{self.port}{self.path(what, address)}"

    def path(self, what: str, address: Address) -> str:
        """Return the path of a page about an address."""
        return f"/{quote(self.token)}/{what}/{'/'.join(map(str, address))}"


def application(pages: ExplorerPages, site: Site) -> Starlette:
    """Return the application that shows the pages at a site."""

    async def at(request: Request) -> Response:
        address = read_address(request.path_params["address"])
        return HTMLResponse(pages.at(address, site.path, is_playing="play" in request.query_params))

    async def tour(request: Request) -> Response:
        return HTMLResponse(pages.on_tour(request.path_params["stop"], site.path))

    async def randomly(request: Request) -> Response:
        steps = request.query_params.get("steps", "1")
        number = min(int(steps), MOST_RANDOM) if steps.isascii() and steps.isdigit() else 1
        return _to(pages.walk.at_random(read_address(request.path_params["address"]), number))

    async def onwards(request: Request) -> Response:
        address, is_playing = read_address(request.path_params["address"]), "play" in request.query_params
        there = pages.walk.onwards(address, 1 if is_playing else MOST_STEPS)
        return _to(there, is_playing and there != address and pages.walk.is_new(there))

    async def nearest(request: Request) -> Response:
        address = read_address(request.path_params["address"])
        try:
            return _to(pages.walk.nearest(address, request.query_params.get("to", "")))
        except NowhereError as there_is_none:
            return HTMLResponse(pages.at(address, site.path, note=str(there_is_none)))

    async def start(request: Request) -> Response:
        return _to((0,))

    def _to(address: Address, is_playing: bool = False) -> Response:
        return RedirectResponse(site.path("at", address) + ("?play" if is_playing else ""), status_code=303)

    async def nowhere(request: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", status_code=404)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return PlainTextResponse("not here\n", status_code=status)

    base = "/{token}"
    routes = [
        Route(f"{base}/at/{{address:path}}", at),
        Route(f"{base}/tour/{{stop:int}}", tour),
        Route(f"{base}/random/{{address:path}}", randomly),
        Route(f"{base}/onwards/{{address:path}}", onwards),
        Route(f"{base}/nearest/{{address:path}}", nearest),
        Route(f"{base}/", start),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_guard(site, pages.policy))],
        exception_handlers={NowhereError: nowhere, HTTPException: refused},
    )


Next = Callable[[Request], Awaitable[Response]]


def _guard(site: Site, policy: str) -> Callable[[Request, Next], Awaitable[Response]]:
    """Return what lets in nobody but who was given the link, and says of each answer what a browser may do with it."""

    async def guard(request: Request, call_next: Next) -> Response:
        given = request.url.path.strip("/").partition("/")[0]
        origin = request.headers.get("origin")
        is_known = secrets.compare_digest(given.encode(), site.token.encode())
        is_here = request.headers.get("host") in site.hosts
        is_own = origin is None or origin in [f"http://{host}" for host in site.hosts]
        if not (is_known and is_here and is_own):
            return _sealed(PlainTextResponse("not here\n", status_code=403), policy)
        return _sealed(await call_next(request), policy)

    return guard


def _sealed(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = f"{policy}; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
