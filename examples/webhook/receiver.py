"""Prints what a coordinator tells of its jobs: receiver.py PORT SECRET_FILE (docs/webhooks.md)."""

import hashlib
import hmac
import http.server
import json
import pathlib
import sys
import time

SECRET = pathlib.Path(sys.argv[2]).read_bytes().strip()
SECONDS_MAX = 300  # what is signed earlier may be a message that somebody has recorded


def is_genuine(signature, body):
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    signed_at = parts.get("t", "0")
    wanted = hmac.new(SECRET, signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts.get("v1", "")) and \
        abs(time.time() - int(signed_at)) < SECONDS_MAX


class Receiver(http.server.BaseHTTPRequestHandler):

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        genuine = is_genuine(self.headers.get("Descent-Signature", ""), body)
        if genuine:
            told = json.loads(body)
            print(told["deliveryId"], told["event"], told["job"]["name"], flush=True)
        self.send_response(204 if genuine else 403)  # after the work: only now it is not sent again
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
