"""The pictures in the README: a report and the explorer, as a browser shows them. `make pictures` draws them anew."""

import shutil
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import sync_playwright

from kmodel.cli import main
from tests.browser.test_pages import serving

FOLDER = Path(__file__).parents[2] / "docs"
SCENARIO = "node-lost"
STOP = 19  # of the tour: the scheduler chooses


def draw() -> None:
    """Check a scenario, serve the tour, and take a picture of each."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium; make test-browser installs it")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as reports, sync_playwright() as playwright, serving() as link:
        CliRunner().invoke(main, ["check", SCENARIO, "--reports", reports])
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 820})
        for name, address in (
            ("report", (Path(reports) / SCENARIO / "index.html").as_uri()),
            ("explorer", f"{link[:-1]}{STOP}"),
        ):
            page.goto(address)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    draw()
