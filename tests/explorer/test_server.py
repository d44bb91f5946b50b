"""The explorer's server: pages for who has the link, on this machine, and for nobody else."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kmodel.explorer.pages import ExplorerPages, GuidedTour, TourStep
from kmodel.explorer.server import Site, application
from kmodel.explorer.walk import Walk
from kmodel.reporting.answer import CELLS_ALONE
from kmodel.reporting.source import Source
from tests.reporting.examples import broken_model
from tests.reporting.test_html import Page
from tests.toys.hostile_names import each_hostile_name
from tests.toys.hostile_names import model as of_a_hostile_name

SITE = Site(4711, "token")
TOUR = GuidedTour((("One", "It begins."), ("Two", "It ends.")), (TourStep((0, 0), 0), TourStep((0, 0, 1), 1)))


def client(pages: ExplorerPages, host: str = "127.0.0.1:4711") -> TestClient:
    return TestClient(application(pages, SITE), base_url=f"http://{host}", follow_redirects=False)


@pytest.fixture(scope="module")
def pages() -> ExplorerPages:
    return ExplorerPages(Source("toy"), Walk(broken_model(), CELLS_ALONE), TOUR)


@pytest.fixture
def there(pages: ExplorerPages) -> Iterator[TestClient]:
    with client(pages) as made:
        yield made


def test_a_page_shows_the_state_what_can_happen_and_the_specs(there: TestClient) -> None:
    text = there.get("/token/at/0/0/1/3").text
    assert Page(text).wrong == []
    assert "After step 3: ReceiveAbort" in text
    assert "one manager committed, another aborted" in text
    assert "manager[rm1]" in text
    assert 'href="/token/at/0/0/1"' in text, "undo"
    assert text.count('class="step" href="/token/at/0/0/1/3/') == len(re.findall(r"would make \d+ change", text))


def test_each_link_of_a_page_leads_somewhere(there: TestClient) -> None:
    for path in ("/token/at/0", "/token/at/0/0/1/3", "/token/tour/0", "/token/tour/2"):
        links = {link for link in Page(there.get(path).text).links if link.startswith("/")}
        assert len(links) > 3
        assert all(there.get(link).status_code in (200, 303) for link in links)


def test_an_action_redirects_to_a_state(there: TestClient) -> None:
    for path in ("/token/random/0", "/token/random/0?steps=3", "/token/onwards/0", "/token/"):
        answer = there.get(path)
        assert answer.status_code == 303
        assert re.fullmatch(r"/token/at/0(/\d+)*", answer.headers["location"])


def test_the_tour_goes_from_its_start_to_its_end(there: TestClient) -> None:
    told, path = [], "/token/tour/0"
    for _ in range(5):
        text = there.get(path).text
        told.append(re.findall(r"It (?:begins|ends)\.", text)[0])
        following = re.search(r'rel="next" class="button" href="([^"]*)"', text)
        if following is None:
            break
        path = following[1]
    assert told == ["It begins.", "It begins.", "It ends."]
    assert "the end of the tour" in text


def test_the_shortest_way_to_a_spec_leads_somewhere_or_says_why_not(there: TestClient) -> None:
    assert there.get("/token/nearest/0?to=managers_agree").headers["location"] == "/token/at/0/0/1/3"
    for asked, said in (("a_manager_crashes", "does not happen in all"), ("<script>", "&lt;script&gt;")):
        answer = there.get("/token/nearest/0", params={"to": asked})
        assert answer.status_code == 200
        assert said in answer.text
        assert Page(answer.text).wrong == []
    assert there.get("/token/nearest/0/999?to=managers_agree").status_code == 404


def test_what_plays_goes_on_a_step_at_a_time_until_it_rests(there: TestClient) -> None:
    path, places = "/token/at/0?play", list[str]()
    while path.endswith("?play"):
        text = there.get(path).text
        assert Page(text).wrong == []
        assert 'id="stop" href="' + path.removesuffix("?play") + '"' in text
        following = re.search(r'id="play" hidden href="([^"]*)"', text)
        assert following is not None
        path = there.get(following[1]).headers["location"]
        places.append(path)
    assert len(places) > 3
    assert 'id="play"' not in there.get(path).text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/wrong/at/0", {}),
        ("/at/0", {}),
        ("/", {}),
        ("/token/at/0", {"host": "evil.example:4711"}),
        ("/token/at/0", {"host": "127.0.0.1:80"}),
        ("/token/at/0", {"origin": "http://evil.example"}),
        ("/token/at/0", {"origin": "null"}),
    ],
)
def test_others_are_refused(there: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = there.get(path, headers=headers)
    assert (answer.status_code, answer.text) == (403, "not here\n")


def test_what_is_not_there_is_one_line(there: TestClient) -> None:
    assert there.get("/token/at/0/999").text.startswith("step 1 of the address takes choice 999")
    for path in ("/token/at/0/999", "/token/at/<script>", "/token/tour/99", "/token/nothing/0"):
        answer = there.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/plain")
    assert there.post("/token/at/0").status_code == 405


def test_answers_say_what_a_browser_may_do_with_them(there: TestClient) -> None:
    for path in ("/token/at/0", "/wrong", "/token/at/0/999"):
        headers = there.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")


def test_tokens_are_not_guessed() -> None:
    tokens = {Site(1).token for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 20


@each_hostile_name
def test_names_are_text_on_every_page(name: str) -> None:
    model = of_a_hostile_name(name)
    with client(ExplorerPages(Source(name), Walk(model, CELLS_ALONE))) as there:
        for path in ("/token/at/0", "/token/at/0/0"):
            text = there.get(path).text
            assert Page(text).wrong == []
            assert Page(text).loads == [] or all(each.startswith("a href=/token") for each in Page(text).loads)
            assert "alert(1)</script>" not in text
            assert "<svg onload" not in text
            assert "\u202e" not in text
