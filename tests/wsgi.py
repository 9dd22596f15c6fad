"""The application as a web server calls it: from an environment of raw bytes to a status, headers and a body."""

import io
from contextlib import contextmanager

from django.core import signals
from django.db import close_old_connections, connections

from cms.middleware import cannot_be_stored
from cms.wsgi import Handler
from reader.wsgi import Pages

# the site's own application, on the connection that the tests' transactions are on
application = Pages(Handler(), refuses=cannot_be_stored, database=lambda: connections["reader"])


class Reply:
    """What a web server sends on."""

    def __init__(self, status, headers, body):
        self.status, self.body = int(status.split()[0]), body
        self.pairs = [(name.lower(), value) for name, value in headers]
        self.headers = dict(self.pairs)


@contextmanager
def one_connection():
    """Keep the connections of the test, as Django's own test client does: its transactions are on them."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (signals.request_started, signals.request_finished):
            signal.connect(close_old_connections)


def ask(path="/", query="", *, method="GET", body=b"", app=application, headers=None, **environ):
    """Ask for a path, each of its bytes as one character, as WSGI has it; return the reply."""
    asked = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "CONTENT_LENGTH": str(len(body)) if body else "",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()},
        **environ,
    }
    started = []
    with one_connection():
        answer = app(asked, lambda status, headers, exc_info=None: started.append((status, headers)))
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
    return Reply(*started[0], body)
