"""Hooks of a decorator controller: a site gets a label and a note, and the note goes before the site does."""

import json
import logging
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

logging.basicConfig(level=logging.DEBUG)


def sync(site: dict[str, Any]) -> dict[str, Any]:
    """Want a note for the site."""
    note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": site["metadata"]["name"] + "-note"}}
    return {"labels": {"noted": "yes"}, "attachments": [{**note, "data": {"text": site["spec"]["text"]}}]}


def finalize(notes: dict[str, Any]) -> dict[str, Any]:
    """Want no note, and be done once there is none."""
    return {"attachments": [], "finalized": not notes}


class Controller(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        logging.info("asked at %s", self.path)
        notes = request["attachments"]["ConfigMap.v1"]
        answer = sync(request["object"]) if self.path == "/sync" else finalize(notes)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


HTTPServer(("", 80), Controller).serve_forever()
