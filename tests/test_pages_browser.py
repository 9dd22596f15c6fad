"""Every kind of page that readers see, in a real browser: the policy holds, and axe has nothing to say."""

import pytest
from django.utils import timezone

from tests.axe import look
from tests.picture_files import picture
from writer import commands
from writer.models import Picture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]
BODY = """![Teal](/media/{path} "All of it is teal.")

# One

Text with [a link](https://example.org), a note[^1], `code` and **more**.

- [ ] open
- [x] done

| left | right |
|------|------:|
| a    |     1 |

> [!NOTE]
> An alert.

```python
def one() -> int:
    return 1  # comment
```

## Two

<details><summary>Fold</summary>Folded.</details>

### Three

[^1]: What it notes.
"""
PAGES = [
    "/", "/page/2/", "/posts/hello/", "/posts/withdrawn/", "/posts/salaam/", "/tags/", "/tags/one/", "/authors/", "/authors/ann/", "/series/", "/series/the-sea/",
    "/archive/", "/feeds/", "/search/", "/search/?q=hello", "/search/?q=xyzzy", "/search/?q=helo&tag=one", "/nothing-here/", "/api/",
]  # fmt: skip


@pytest.fixture
def library(site, django_user_model):
    """Posts with everything that a post can have, and one that is gone."""
    give = {"actor": django_user_model.objects.get(), "now": timezone.now()}
    commands.add_picture(data=picture(), name="teal.png", alt="Teal.", **give)
    around = {
        "tags": (commands.find_or_add_tag("One"), commands.find_or_add_tag("Two")),
        "authors": (commands.find_or_add_author("Ann"), commands.find_or_add_author("Bob")),
        "series_id": commands.find_or_add_series("The sea"),
        "cover": f"/media/{Picture.objects.get().path}",
    }

    def publish(title, **words):
        draft = commands.Draft(title=title, **{"body": "Text.", **around, **words})
        post_id = commands.create_draft(draft=draft, **give)
        commands.publish(post_id, **give)
        return post_id

    for number in range(10):
        publish(f"Post {number}")
    publish(
        "السلام عليكم",
        slug="salaam",
        language="ar",
        body="مرحبا بالعالم `code` و[رابط](https://example.org).",
    )
    publish("Hello", body=BODY.format(path=Picture.objects.get().path), summary="A summary.")
    commands.unpublish(publish("Withdrawn"), **give)


def test_no_page_is_refused_anything_and_axe_finds_nothing(site, library, forbidden):
    found = []
    for path in PAGES:
        site.page.goto(site.url + path)
        found += look(site.page, where=path)
    assert not found, "\n".join(found)
