"""Drawing DOT as SVG within a time limit and with a stated fallback.

By graphviz-pure, a port of Graphviz that pip installs, or else by Graphviz itself, if either is there.
"""

import re
import shutil
import subprocess
import sysconfig

import attrs

TIME_LIMIT_SECONDS = 20
# On one graph of 250 states these took `dot` from 33 s to about one.
QUICK = ("-Gnslimit=1", "-Gmclimit=0.3", "-Gsplines=line")
GET_GRAPHVIZ = "the picture needs graphviz-pure or Graphviz: pip install 'kmodel[pictures]' or apt install graphviz"
SCRIPTS = sysconfig.get_path("scripts")  # where pip puts graphviz-pure, also where no PATH leads


@attrs.frozen
class Drawing:
    """An SVG, or None, and a sentence on what to know about it: a fallback that was taken, or why there is none."""

    svg: str | None
    note: str = ""


def draw(dot: str, time_limit_seconds: float = TIME_LIMIT_SECONDS) -> Drawing:
    """Draw in layers; if that takes too long, as `sfdp` does, which gives up the layers but is quicker."""
    port = shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=SCRIPTS)
    program = port or shutil.which("dot")
    if program is None:
        return Drawing(None, GET_GRAPHVIZ)
    svg, why = _run(program, ("-Kdot", *QUICK), dot, time_limit_seconds)
    if svg is not None:
        return Drawing(svg)
    spread, _ = _run(program, ("-Ksfdp", "-Goverlap=prism"), dot, time_limit_seconds)
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
    """Return an SVG file's picture as an element of an HTML page: no prologue, comments, namespaces, or ids.

    A page has several, and an id once. What an arrow or a state is called stays, as a title.
    """
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<!--.*?-->", "", element, flags=re.DOTALL)
    element = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", element, count=2)
    return re.sub(r'(<(?:g|a)) id="[^"]*"', r"\1", element)
