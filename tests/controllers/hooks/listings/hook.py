"""Hooks of a composite controller that is shown what its parent does not own: the objects of a label, by namespace."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


def customize(listing: dict[str, Any]) -> dict[str, Any]:
    """Ask for all ConfigMaps with the label."""
    rule = {"apiVersion": "v1", "resource": "configmaps", "labelSelector": {"matchLabels": listing["spec"]["labels"]}}
    return {"relatedResources": [rule]}


def sync(listing: dict[str, Any], maps: dict[str, Any]) -> dict[str, Any]:
    """Want one ConfigMap that names them."""
    metadata = {"name": listing["metadata"]["name"] + "-list"}
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"maps": " ".join(sorted(maps))}}
    return {"status": {"count": len(maps)}, "children": [child]}


class Controller(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        parent = request["parent"]
        answer = customize(parent) if self.path == "/customize" else sync(parent, request["related"]["ConfigMap.v1"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


if __name__ == "__main__":
    HTTPServer(("", 80), Controller).serve_forever()
