"""A real browser, and what a person does with it at a running site."""

import os
import shutil

import pytest
from django.conf import settings
from django.test import Client

from tests.missing import missing

# Without its windows the same browser needs three fifths of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


LISTEN = "document.addEventListener('securitypolicyviolation', event => window.refused(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, or the one that Playwright has downloaded."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        except Error:
            missing("NO CHROMIUM WAS FOUND, so nothing was tested in a browser. `make browser` gets one.")
        yield browser
        browser.close()


def program():
    """Return where the system has a Chromium; nothing if it has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def logged_in(user):
    """Return the cookie of somebody who has logged in."""
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture
def site(browser, live_server, django_user_model):
    """A running site, a page at it, and an author who is logged in at the desk."""
    ada = django_user_model.objects.create_superuser("ada", "ada@example.org", "correct horse")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.add_cookies([logged_in(ada) | {"url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    site = Site(page, live_server.url)
    yield site
    assert not site.errors
    context.close()


@pytest.fixture
def forbidden(site):
    """What the policy refused while the test ran: nothing, or the test fails."""
    found = []
    site.page.context.expose_binding("refused", lambda source, what: found.append((source["page"].url, what)))
    site.page.context.add_init_script(LISTEN)
    site.page.on(
        "console",
        lambda message: (
            "Content Security Policy" in message.text and found.append((site.page.url, message.text))
        ),
    )
    yield found
    assert not found, "\n".join(map(str, found))


# Open what an element stands in, as a person would by its summary or button, and close other dialogs.
REVEAL = """element => {
  for (const dialog of document.querySelectorAll("dialog[open]")) if (!dialog.contains(element)) dialog.close();
  for (let one = element; one; one = one.parentElement) {
    if (one.tagName === "DETAILS") one.open = true;
    if (one.tagName === "DIALOG" && !one.open) one.showModal();
  }
}"""


class Site:
    """What a person does: at the desk, and at the public pages."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.errors, self.foreign = [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: request.url.startswith(url) or self.foreign.append(request.url))

    def write(self, **fields):
        """Fill the form of a new post."""
        self.page.goto(f"{self.url}/admin/writer/post/add/")
        self.fill(**fields)

    def fill(self, **fields):
        """Fill fields, and open the group or dialog in which one stands."""
        for name, value in fields.items():
            self.page.locator(f"#id_{name}").evaluate(REVEAL)
            self.page.fill(f"#id_{name}", value)

    def press(self, button):
        """Press a button of the desk, and wait for the page that answers: saving alone may give this one an address."""
        self.page.locator(f"[name={button}]").first.evaluate(REVEAL)
        with self.page.expect_event("load"):
            self.page.click(f"[name={button}]")

    def said(self):
        """Return what the desk says."""
        return self.page.inner_text("#container")

    def get(self, path):
        """Ask for a public path as a reader who is not logged in; return status, text and address."""
        context = self.page.context.browser.new_context()
        answer = context.request.get(self.url + path, max_redirects=0)
        found = (answer.status, answer.text(), answer.headers.get("location", ""))
        context.close()
        return found

    def status(self, path):
        return self.get(path)[0]

    def shows(self, path, text):
        return text in self.get(path)[1]
