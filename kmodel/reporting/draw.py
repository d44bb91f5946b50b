"""Drawing DOT as SVG with Graphviz, if it is installed, within a time limit and with a stated fallback."""

import re
import shutil
import subprocess

import attrs

TIME_LIMIT_SECONDS = 20
# On one graph of 250 states these took `dot` from 33 s to about one.
QUICK = ("-Gnslimit=1", "-Gmclimit=0.3", "-Gsplines=line")
GET_GRAPHVIZ = "the picture needs Graphviz: apt install graphviz, brew or graphviz.org"


@attrs.frozen
class Drawing:
    """An SVG, or None, and a sentence on what to know about it: a fallback that was taken, or why there is none."""

    svg: str | None
    note: str = ""


def draw(dot: str, time_limit_seconds: float = TIME_LIMIT_SECONDS) -> Drawing:
    """Draw with `dot`; if that takes too long, with `sfdp`, which gives up the layers but is quicker."""
    if shutil.which("dot") is None:
        return Drawing(None, GET_GRAPHVIZ)
    svg, why = _run("dot", QUICK, dot, time_limit_seconds)
    if svg is not None:
        return Drawing(svg)
    spread, _ = _run("sfdp", ("-Goverlap=prism",), dot, time_limit_seconds)
    if spread is not None:
        return Drawing(spread, f"dot {why}, so sfdp drew this: without layers")
    return Drawing(None, f"dot {why} and sfdp did not help; draw the .dot file with a longer limit of your own")


def _run(program: str, flags: tuple[str, ...], dot: str, seconds: float) -> tuple[str | None, str]:
    try:
        done = subprocess.run(
            [program, "-Tsvg", *flags], input=dot, capture_output=True, text=True, encoding="utf-8", timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return None, f"did not finish within {seconds:g} s"
    except OSError as error:
        return None, f"could not be run ({error.strerror})"
    return (done.stdout, "") if done.returncode == 0 else (None, f"failed ({done.stderr.strip()[:200]})")


def inline(svg: str) -> str:
    """Return an SVG file's picture as an element of an HTML page: no prologue, no comments, no namespaces."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<!--.*?-->", "", element, flags=re.DOTALL)
    return re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", element, count=2)
