"""A reverse proxy that serves what an HTTP server has under a prefix of its paths."""

import http.client
import http.server
import threading


class PrefixProxy:
    """In front of `address`, under `prefix`, such as "/descent". `url` is where the server's "/" is,
    without the "/" at its end; `strays` has the paths that were asked for outside of the prefix."""

    def __init__(self, address, prefix):
        self.strays = []
        strays = self.strays

        class Handler(http.server.BaseHTTPRequestHandler):

            def do_GET(self):
                if not self.path.startswith(prefix + "/"):
                    strays.append(self.path)
                    self.send_error(404)
                    return
                upstream = http.client.HTTPConnection(address, timeout=60)
                try:
                    upstream.request("GET", self.path.removeprefix(prefix), headers=dict(self.headers))
                    self.pass_on(upstream.getresponse())
                except (OSError, http.client.HTTPException):
                    pass  # one of the two has gone
                finally:
                    upstream.close()

            def pass_on(self, answer):
                """Piece by piece as they come: some answers have no end."""
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "keep-alive", "transfer-encoding"):
                        self.send_header(name, value)
                self.end_headers()
                while piece := answer.read1(65536):
                    self.wfile.write(piece)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}{prefix}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
