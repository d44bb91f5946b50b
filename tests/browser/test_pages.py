"""In a real browser: the report from `file://`, and the explorer from its server, walked as a person would.

`make test-browser` installs what this needs (Debian's Chromium, Playwright, axe-core) and runs it.
"""

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kmodel.engines.exhaustive import result_of
from kmodel.explorer.pages import ExplorerPages, GuidedTour, TourStep
from kmodel.explorer.walk import Walk
from kmodel.kubernetes.scenario.tours import POD_CREATION, stops
from kmodel.printable import printable
from kmodel.project import Project
from kmodel.reporting.answer import ObjectEnd, ObjectsAnswer
from kmodel.reporting.html import page as page_of
from kmodel.reporting.pictures import pictures
from kmodel.reporting.source import Source
from tests.reporting.examples import SOURCE, broken_model, result
from tests.toys.hostile_names import each_hostile_name
from tests.toys.hostile_names import model as of_a_hostile_name

sync_api = pytest.importorskip("playwright.sync_api", reason="make test-browser installs Playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="make test-browser installs Debian's Chromium"),
]
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(params=["light", "dark"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1200, "height": 900}, offline=False)
    shown = context.new_page()
    problems: list[str] = []
    shown.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    shown.on("pageerror", lambda error: problems.append(str(error)))
    shown.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
    yield shown
    context.close()
    assert problems == []


def is_accessible(shown: Any) -> bool:
    """Tell whether axe-core finds nothing serious; axe is given to the page by the browser, past its own policy."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make test-browser installs axe-core")
    found = axe.Axe().run(shown).response["violations"]
    serious = [each for each in found if each["impact"] in SERIOUS]
    assert serious == [], [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in serious]
    return True


def write(text: str, folder: Path) -> str:
    file = folder / "index.html"
    file.write_text(text, encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    outcome = result(broken_model())
    ends = (ObjectEnd("pod/web", "Pending", "no room", is_well=False, is_wrong=True, trace=outcome.findings[0].trace),)
    return write(page_of(outcome, SOURCE, found=ObjectsAnswer(ends=ends)), tmp_path_factory.mktemp("report"))


def test_a_counterexample_is_walked_by_keyboard_with_the_network_cut(page: Any, report: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.goto(report)
    assert asked == [report]
    tale = page.locator("#managers_agree")
    assert tale.get_attribute("open") is not None
    tale.locator("summary.step").first.focus()
    page.keyboard.press("ArrowRight")
    state = tale.get_by_role("heading", name="The state after step 1")
    assert state.is_visible()
    page.keyboard.press("ArrowDown")
    assert not state.is_visible()
    assert tale.get_by_role("heading", name="The state after step 2").is_visible()
    page.keyboard.press("End")
    assert tale.get_by_role("heading", name="The state after step 3").is_visible()
    page.keyboard.press("ArrowLeft")
    assert not tale.get_by_role("heading", name="The state after step 3").is_visible()


def test_only_the_steps_that_decide_are_shown_on_demand(page: Any, report: str) -> None:
    page.goto(report)
    tale = page.locator("#managers_agree")
    assert "2 of 3 steps decide" in tale.inner_text()
    assert tale.locator("summary.step:visible").count() == 3
    tale.get_by_label("only the steps that decide").check()
    assert tale.locator("summary.step:visible").count() == 2


def test_the_report_is_accessible_wide_narrow_and_in_print(page: Any, report: str) -> None:
    page.goto(report)
    assert is_accessible(page)
    page.set_viewport_size({"width": 400, "height": 800})
    assert is_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()


def test_the_report_can_be_read_without_scripts(browser: Any, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(report)
    shown.locator("#managers_agree summary.step").first.click()
    assert shown.get_by_role("heading", name="The state after step 1").first.is_visible()
    context.close()


def test_what_is_folded_is_built_when_it_is_opened_or_searched_and_reads_as_without_scripts(
    page: Any, browser: Any, report: str
) -> None:
    page.goto(report)
    tale = page.locator("#all_managers_commit")
    assert tale.locator(".events").count() == 0
    tale.locator("summary").click()
    tale.locator(".events").wait_for()
    assert page.locator("noscript").count()
    page.keyboard.press("Control+f")
    assert page.locator("noscript").count() == 0
    context = browser.new_context(java_script_enabled=False)
    without = context.new_page()
    without.goto(report)
    assert without.locator("main").text_content() == page.locator("main").text_content()
    context.close()


def test_the_graph_is_searched_moved_and_walked_by_keyboard(page: Any, tmp_path: Path) -> None:
    outcome = result(broken_model())
    page.context.set_offline(True)
    page.goto(write(page_of(outcome, SOURCE, pictures(outcome.model, outcome.failures)), tmp_path))
    graph = page.locator(".picture").first
    seen = graph.locator(".drawing svg").get_attribute("viewBox")
    graph.get_by_role("region").first.focus()
    for key in ("+", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        assert seen != (seen := graph.locator(".drawing svg").get_attribute("viewBox"))
    page.keyboard.press("/")
    page.keyboard.type("COORDINATOR: init -> comm")
    assert re.fullmatch(r"\d+ found; Enter goes through them", graph.locator("output").inner_text())
    page.keyboard.press("Enter")
    assert graph.locator("output").inner_text().startswith("1 of ")
    chosen = graph.locator(".node.chosen").bounding_box()
    frame = graph.locator(".drawing").bounding_box()
    assert frame["x"] < chosen["x"] < frame["x"] + frame["width"]
    assert frame["y"] < chosen["y"] < frame["y"] + frame["height"]
    panel = graph.locator("div.chosen")
    assert "coordinator: init -> committed" in panel.inner_text()
    was = panel.inner_text()
    panel.get_by_role("button").first.press("Enter")
    assert panel.inner_text() != was
    assert is_accessible(page)
    graph.get_by_label("Search").fill("<script>")
    assert graph.locator("output").inner_text() == "nothing found"
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    graph.locator("g.node ellipse").last.click(force=True)
    graph.get_by_text("The same as a table").click()
    assert graph.locator("table tbody tr").count() == graph.locator("g.node").count()


@each_hostile_name
def test_hostile_names_stay_text(page: Any, name: str, tmp_path: Path) -> None:
    outcome = result_of(of_a_hostile_name(name))
    page.goto(write(page_of(outcome, Source(name, description=name), pictures(outcome.model)), tmp_path))
    assert page.locator("h1").inner_text()[:20] == printable(name)[:20]
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    tables = page.locator(".scroll:has(> .events)")
    assert tables.count()
    assert tables.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth).length") == 0


@pytest.fixture(scope="module")
def link() -> Iterator[str]:
    with serving() as served:
        yield served


@contextmanager
def serving() -> Iterator[str]:
    """Serve the tour of pod creation; the link to its start."""
    import uvicorn

    from kmodel.explorer.server import LOOPBACK, Site, application

    project = Project()
    given = project.read([POD_CREATION.scenario])
    model = given.model(project.specs)
    address: tuple[int, ...] = (0,)
    steps = []
    for stop in stops(model, POD_CREATION):
        address = (*address, stop.choice)
        steps.append(TourStep(address, stop.chapter))
    tour = GuidedTour(tuple((chapter.title, chapter.text) for chapter in POD_CREATION.chapters), tuple(steps))
    listening = socket.socket()
    listening.bind((LOOPBACK, 0))
    listening.listen()  # so that a page that is asked for before the server runs waits
    site = Site(listening.getsockname()[1])
    pages = ExplorerPages(given.source, Walk(model, given), tour)
    server = uvicorn.Server(uvicorn.Config(application(pages, site), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield site.url("tour", (0,))
    server.should_exit = True
    thread.join(timeout=10)


def test_the_tour_is_followed_to_its_end_by_keyboard(page: Any, link: str) -> None:
    page.goto(link)
    assert is_accessible(page)
    titles = dict.fromkeys([page.locator(".tour h2").inner_text()])
    for _ in range(300):
        if page.get_by_text("This is the end of the tour.").count():
            break
        was = page.url
        page.keyboard.press("n")
        page.wait_for_function("was => location.href !== was", arg=was)
        page.wait_for_load_state()
        titles[page.locator(".tour h2").inner_text()] = None
    assert page.get_by_text("This is the end of the tour.").count()
    assert list(titles) == [chapter.title for chapter in POD_CREATION.chapters]
    assert is_accessible(page)


def test_other_hosts_origins_and_tokens_are_refused_by_the_server(browser: Any, link: str) -> None:
    context = browser.new_context()
    where = re.sub(r"tour/0$", "at/0", link)
    token = where.split("/")[3]
    assert context.request.get(where).status == 200
    for address, headers in (
        (where.replace(token, "guessed"), {}),
        (where.replace(f"{token}/", ""), {}),
        (where, {"host": "evil.example"}),
        (where, {"origin": "http://evil.example"}),
    ):
        assert context.request.get(address, headers=headers).status == 403
    context.close()


def test_what_cannot_happen_is_told_and_the_shortest_way_is_taken(page: Any, link: str) -> None:
    page.goto(re.sub(r"tour/0$", "at/0", link))
    page.get_by_text(re.compile(r"\d+ cannot happen here")).click()
    assert page.locator(".disabled li").filter(has_text="because").count()
    page.get_by_text("Go the shortest way from here to").click()
    page.get_by_role("link", name="etcd_is_written").click()
    page.wait_for_url("**/at/0/**")
    assert page.locator(".way li").count()
    assert is_accessible(page)


def test_the_shortest_way_to_a_condition_is_typed(page: Any, link: str) -> None:
    page.goto(re.sub(r"tour/0$", "at/0", link))
    page.get_by_label("Go the shortest way to where").fill("etcd/nodes[n2] != nothing")
    page.keyboard.press("Enter")
    page.wait_for_url("**/at/0/**")
    assert page.locator(".way li").count() > 2
    page.get_by_label("Go the shortest way to where").fill("etcd/pods[wed] = <script>alert(1)</script>")
    page.keyboard.press("Enter")
    assert "etcd/pods[web]" in page.get_by_role("status").inner_text()
    assert is_accessible(page)


def test_the_usual_course_plays_until_it_is_stopped(page: Any, link: str) -> None:
    page.goto(re.sub(r"tour/0$", "at/0", link))
    page.keyboard.press("1")
    page.wait_for_url("**/at/0/0")
    page.get_by_role("link", name="Play, a step at a time").click()
    page.wait_for_url(re.compile(r"/at/0/0/\d+/\d+/\d+\?play$"))
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/at/0/[\d/]+$"))
    stopped = page.url
    page.wait_for_timeout(2000)
    assert page.url == stopped
    assert is_accessible(page)


def test_a_state_is_forked_undone_and_found_again_by_its_link(page: Any, link: str) -> None:
    page.goto(re.sub(r"tour/0$", "at/0", link))
    first = page.locator(".ahead a.step").first.inner_text()
    page.keyboard.press("1")
    page.wait_for_url("**/at/0/0")
    assert first in page.locator("h1").inner_text()
    page.locator(".ahead a.step").nth(1).click()
    page.wait_for_url("**/at/0/0/*")
    kept, heading = page.url, page.locator("h1").inner_text()
    page.keyboard.press("u")
    page.wait_for_url("**/at/0/0")
    page.get_by_role("link", name="On to rest, as usual").click()
    page.wait_for_load_state()
    page.goto(kept)
    assert page.locator("h1").inner_text() == heading
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
