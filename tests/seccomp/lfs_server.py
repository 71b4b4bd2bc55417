# SPDX-License-Identifier: MIT
"""A store for git-lfs: its batch interface, and the objects themselves."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LfsServer:
    """Keeps what is put there in `objects`, by the hash. `host` is where clients find it."""

    def __init__(self, host):
        self.objects = {}
        handler = type("Handler", (_Store,), {"objects": self.objects})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = handler.url = f"http://{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects = None
    url = None

    def log_message(self, *_):
        pass

    def _answer(self, status, body=b"", kind="application/vnd.git-lfs+json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def do_POST(self):
        asked = json.loads(self._body())
        if self.path != "/objects/batch":
            return self._answer(404, b"{}")
        way = asked["operation"]
        answers = [{"oid": each["oid"], "size": each["size"],
                    "actions": {way: {"href": f"{self.url}/{each['oid']}"}}}
                   for each in asked["objects"]]
        self._answer(200, json.dumps({"transfer": "basic", "objects": answers}).encode())

    def do_PUT(self):
        self.objects[self.path.lstrip("/")] = self._body()
        self._answer(200)

    def do_GET(self):
        found = self.objects.get(self.path.lstrip("/"))
        if found is None:
            return self._answer(404, b"{}")
        self._answer(200, found, "application/octet-stream")
