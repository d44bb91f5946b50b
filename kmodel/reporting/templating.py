"""What pages are made with: their templates, what may be shown, and the policy by which nothing else gets in."""

import sys
from base64 import b64encode
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from kmodel.printable import printable
from kmodel.reporting.wording import kind_in_words

MOST_LETTERS = 2000  # of one text; what is longer is a mistake, or an attack
STYLE = "style.css"
TEMPLATES = Path(__file__).parent / "templates"


def shown(value: Any) -> Any:
    """Return what a template is about to show, without what no page may hold; markup stays markup."""
    if not isinstance(value, str):
        return value
    if not isinstance(value, markupsafe.Markup) and len(value) > MOST_LETTERS:
        value = f"{value[:MOST_LETTERS]}… ({len(value):,} letters)"
    return type(value)(printable(str(value), keep="\n"))


@cache
def _file(name: str) -> markupsafe.Markup:
    """Return a file of the page's as it stands in it, to the letter: what may be in force is known by its hash."""
    return markupsafe.Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def policy(script: str, *, forms: str = "'none'") -> str:
    """Return the content security policy: nothing is loaded, and no style or script is in force but the page's own.

    Forms go only where they may.
    """
    hashes = [f"sha256-{b64encode(sha256(_file(name).encode()).digest()).decode()}" for name in (STYLE, script)]
    return (
        f"default-src 'none'; style-src '{hashes[0]}'; script-src '{hashes[1]}'; img-src data:; "
        f"base-uri 'none'; form-action {forms}"
    )


class _Kept(jinja2.FileSystemBytecodeCache):
    """Compiled templates on a disk, which may be full: no page is lost for that."""

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep a compiled template, if that can be done."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled() -> jinja2.BytecodeCache | None:
    """Return where compiled templates are kept, as compiled modules are beside theirs; None where neither may be."""
    folder = TEMPLATES / "__pycache__"
    try:
        if sys.dont_write_bytecode:
            return None
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return _Kept(str(folder))


@cache
def environment(script: str) -> jinja2.Environment:
    """Return the templates, for pages with this script."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("kmodel.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        bytecode_cache=_compiled(),
    )
    made.filters["capital"] = lambda text: f"{text[:1].upper()}{text[1:]}"
    made.filters["kind"] = kind_in_words
    made.filters["number"] = "{:,}".format
    made.filters["breakable"] = lambda name: markupsafe.escape(name).replace("_", markupsafe.Markup("_<wbr>"))
    made.globals |= {"style": _file(STYLE), "script": _file(script), "policy": policy(script)}
    return made
