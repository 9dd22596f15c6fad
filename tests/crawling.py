"""All that a site has a path for or leads to. As a program: what the site of this role answers there, as JSON."""

import hashlib
import json
import re
import sys
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import psutil
from django.urls import URLPattern, get_resolver

from cms.wsgi import application
from tests.wsgi import ask

OWN = {"/readyz", "/metrics"}  # for whoever runs the site; they tell the time


def routes(patterns, above=""):
    """Return every path that the site has a view for and that needs no argument; the desk's left out."""
    for pattern in patterns:
        route = above + str(pattern.pattern).strip("^")
        if isinstance(pattern, URLPattern):
            if "<" not in route and "$" not in route:
                yield f"/{route}"
        elif not route.startswith("admin"):
            yield from routes(pattern.url_patterns, route)


def crawl(app, **asked):
    """Ask for all that the site has a path for or leads to, each once; yield path, query and reply."""
    waiting = [*routes(get_resolver().url_patterns), "/search/?q=hello", "/posts/hello/"]
    seen = set(waiting)
    while waiting:
        where = urlsplit(waiting.pop())
        place = (unquote_to_bytes(where.path).decode("latin-1"), where.query)
        reply = ask(*place, app=app, **asked)
        yield *place, reply
        if reply.headers["content-type"].startswith("text/html"):
            found = re.findall(r'(?:href|src|srcset|action)="([^" ]+)', reply.body.decode())
            links = [reply.headers.get("location", ""), *found]
            address = f"http://localhost:8000{where.path}"
            new = {
                urljoin(address, link).split("#")[0].removeprefix("http://localhost:8000") for link in links
            }
            new = {path for path in new - seen if path.startswith("/") and not path.startswith("/admin")}
            seen |= new
            waiting += sorted(new)


def answers():
    """Return what each address answers: status, headers, and a digest of the body."""
    found = {}
    for path, query, reply in crawl(application, HTTP_HOST="localhost:8000"):
        body = hashlib.sha256(reply.body).hexdigest()
        found[f"{path}?{query}"] = [reply.status, sorted(reply.pairs), body]
    return found


if __name__ == "__main__":
    said = {"answers": answers(), "modules": sorted(sys.modules)}
    said["files"] = [file.path for file in psutil.Process().open_files()]
    json.dump(said, sys.stdout)
