"""Writing in a real browser: what keys, toolbar, slash menu and pasting do to the text, and that it can be undone."""

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]
PASTE = """([types, selector]) => {
  const data = new DataTransfer();
  for (const [type, text] of Object.entries(types)) data.setData(type, text);
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.querySelector(selector).dispatchEvent(event);
  return event.defaultPrevented;
}"""


class Text:
    """The text of a new post, under somebody's fingers."""

    def __init__(self, page):
        self.page = page
        page.click("#id_body")

    def __str__(self):
        return self.page.input_value("#id_body")

    def type(self, *keys):
        """Press keys: one that is named, or a text letter by letter."""
        for key in keys:
            named = len(key) > 1 and (key.split("+")[-1] in NAMED or "+" in key)
            self.page.keyboard.press(key) if named else self.page.keyboard.type(key)
        return self

    def clear(self):
        return self.type("Control+a", "Delete")

    def paste(self, **types):
        types = {name.replace("_", "/"): text for name, text in types.items()}
        return self.page.evaluate(PASTE, [types, "#id_body"])

    def focused(self):
        return self.page.evaluate("document.activeElement.id")


NAMED = {"Enter", "Tab", "Escape", "Home", "Delete", "ArrowDown", "ArrowLeft"}


@pytest.fixture
def text(site):
    site.page.goto(f"{site.url}/admin/writer/post/add/")
    return Text(site.page)


def test_a_list_goes_on_by_itself_and_ends_with_an_empty_item(text):
    text.type("- one", "Enter", "two", "Enter", "Enter", "After.")
    assert str(text) == "- one\n- two\nAfter."


def test_numbers_and_tasks_go_on(text):
    text.type("9. nine", "Enter", "ten", "Enter", "Enter", "- [x] done", "Enter", "to do")
    assert str(text) == "9. nine\n10. ten\n- [x] done\n- [ ] to do"


def test_a_quote_goes_on_with_the_list_in_it(text):
    text.type("> - one", "Enter", "two", "Enter", "Enter", "said")
    assert str(text) == "> - one\n> - two\n> said"


def test_enter_in_the_middle_divides_an_item_and_before_its_mark_it_is_a_line(text):
    text.type("- onetwo", *["ArrowLeft"] * 3, "Enter")
    assert str(text) == "- one\n- two"
    text.type("Home", "Enter")
    assert str(text) == "- one\n\n- two"


def test_tab_moves_an_item_in_and_out_and_esc_tab_leaves(text):
    text.type("- one", "Enter", "two", "Tab")
    assert str(text) == "- one\n  - two"
    text.type("Enter", "three", "Shift+Tab")
    assert str(text) == "- one\n  - two\n- three"
    text.type("Escape", "Tab")
    assert text.focused() != "id_body"


def test_a_numbered_item_moved_in_begins_at_one(text):
    text.type("1. one", "Enter", "two", "Tab")
    assert str(text) == "1. one\n   1. two"


def test_tab_leaves_the_text_where_there_is_no_list(text):
    text.type("Words.", "Tab")
    assert text.focused() != "id_body"
    assert str(text) == "Words."


def test_several_items_move_together(text):
    text.type("- one", "Enter", "two", "Control+a", "Tab")
    assert str(text) == "  - one\n  - two"
    text.type("Shift+Tab")
    assert str(text) == "- one\n- two"


SHORTCUTS = {
    "Control+b": "**word**",
    "Control+i": "_word_",
    "Control+e": "`word`",
    "Control+k": "[word](url)",
    "Control+Shift+Period": "> word",
    "Control+Shift+Digit8": "- word",
    "Control+Shift+Digit7": "1. word",
    "Control+Shift+l": "- [ ] word",
}


def test_shortcuts_do_what_github_s_do_and_can_be_undone(text):
    for keys, made in SHORTCUTS.items():
        text.clear().type("word", "Shift+Home", keys)
        assert str(text) == made
        text.type("Control+z")
        assert str(text) == "word"


def test_the_buttons_of_the_toolbar_do_the_same(text):
    tools = {
        "md-bold": "**word**",
        "md-header": "## word",
        "md-quote": "> word",
        "[data-do=table]": "| word |  |",
    }
    for tool, made in tools.items():
        text.clear().type("word", "Shift+Home")
        text.page.click(tool)
        assert str(text).startswith(made)
        assert text.focused() == "id_body"


def test_every_edit_can_be_undone_and_tells_that_it_happened(text):
    text.page.evaluate(
        "window.told = 0; document.querySelector('#id_body').addEventListener('input', () => window.told++)"
    )
    text.type("- one", "Enter")
    assert str(text) == "- one\n- "
    told = text.page.evaluate("window.told")
    assert told >= 6
    text.type("Tab")
    assert text.page.evaluate("window.told") > told
    for _ in range(8):
        text.type("Control+z")
    assert str(text) == ""
    for _ in range(8):
        text.type("Control+Shift+z")
    assert str(text) == "- one\n  - "


# --- the slash menu


def test_a_slash_at_the_start_of_a_line_offers_what_is_more_than_words(text):
    text.type("Before.", "Enter", "/")
    text.page.wait_for_selector(".slash")
    assert text.page.inner_text(".slash [aria-selected=true]").startswith("Heading")
    assert text.page.locator(".slash li").count() == 14
    text.type("ta")
    text.page.wait_for_selector(".slash:not(:has(li:nth-child(3)))")
    assert [
        words.split("\n")[0].split(" ")[0] for words in text.page.locator(".slash li").all_inner_texts()
    ] == ["Task", "Table"]
    text.type("ArrowDown", "Enter", "x")
    assert str(text).startswith("Before.\n| x |  |\n| --- | --- |")
    for _ in range(40):  # how many edits are taken back at once depends on how quickly they were typed
        if str(text):
            text.type("Control+z")
    assert str(text) == ""


def test_the_slash_menu_puts_the_caret_where_the_words_go(text):
    blocks = {
        "hea": "## x",
        "num": "1. x",
        "note": "> [!NOTE]\n> x",
        "fence": "```x\n\n```\n",
        "foot": "[^1]: x",
        "warn": "> [!WARNING]\n> x",
    }
    for typed, made in blocks.items():
        text.clear().type("/", typed)
        text.page.wait_for_selector(".slash")
        text.type("Enter", "x")
        assert str(text) == made


def test_a_slash_within_a_line_is_a_slash(text):
    text.type("and/or ", "/", "x", "Enter", "/usr/bin", "Enter")
    assert str(text) == "and/or /x\n/usr/bin\n"
    assert not text.page.locator(".slash").count()


def test_a_footnote_takes_the_next_number(text):
    text.type("A[^1].", "Enter", "Enter", "[^7]: Old.", "Enter", "/foot")
    text.page.wait_for_selector(".slash")
    text.type("Enter")
    assert str(text).endswith("\n[^8]: ")


# --- pasting


def test_an_address_pasted_over_words_makes_a_link(text):
    text.type("See this", "Shift+Control+ArrowLeft")
    assert text.paste(text_plain="https://example.org/a?b=c")
    assert str(text) == "See [this](https://example.org/a?b=c)"
    text.type("Control+z")
    assert str(text) == "See this"


SPREADSHEETS = [
    "<meta charset='utf-8'><google-sheets-html-origin><style><!--td {border: 1px}--></style><table><tr><td>a</td></tr></table>",
    "<html xmlns:x='urn:x'><body><table><tr><td>a</td></tr></table></body></html>",
    "<table><tr><td>a</td></tr></table>",
]


def test_cells_pasted_make_a_table_and_nothing_else(text):
    for html in SPREADSHEETS:
        text.clear().type("Before.")
        assert text.paste(text_html=html, text_plain="Name\tAge\r\nAda | B\t36\r\n")
        assert str(text) == "Before.\n\n| Name | Age |\n| --- | --- |\n| Ada \\| B | 36 |\n\n"
        text.type("Control+z")
        assert str(text) == "Before."


def test_text_with_tabs_stays_text(text):
    assert not text.paste(text_plain="if x:\n\tpass")


# --- counters, views, focus, help


def test_words_characters_and_time_are_counted_as_the_reader_counts(text):
    counts = text.page.locator(".counts")
    text.type("Two words")
    text.page.wait_for_selector(".counts:has-text('2 words')")
    assert "2 words · 9 characters · 1 min to read" in counts.inner_text()
    text.type("Shift+Control+ArrowLeft")
    text.page.wait_for_selector(".counts:has-text('selected')")
    assert "1 word · 5 characters · selected" in counts.inner_text()
    text.page.fill("#id_body", "日本語 and " + "word " * 700)
    text.page.wait_for_selector(".counts:has-text('704 words')")
    assert "3 min to read" in counts.inner_text()


def test_the_preview_is_shown_and_hidden_by_a_key(text):
    preview = text.page.locator(".preview")
    assert preview.is_visible()
    text.type("Control+Shift+p")
    assert preview.is_visible()
    assert not text.page.locator("#id_body").is_visible()
    text.page.keyboard.press("Control+Shift+p")
    assert text.page.locator("#id_body").is_visible()
    text.page.click("[data-do=write]")
    assert not preview.is_visible()


def test_focus_leaves_the_text_alone_on_the_page(text):
    text.type("Words.", "Control+Shift+f")
    assert text.focused() == "id_body"
    assert not text.page.locator("#around").is_visible()
    assert not text.page.locator("[name=_save]").is_visible()
    text.type("Control+Shift+f", " More.")
    assert text.page.locator("#around").is_visible()
    assert str(text) == "Words. More."


def test_the_help_shows_every_key_and_gives_the_focus_back(text):
    text.type("Control+/")
    dialog = text.page.locator("dialog.help")
    said = dialog.inner_text()
    assert all(words in said for words in ("Bold", "Numbered list", "Save the draft", "Leave the text"))
    text.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert text.focused() == "id_body"


def test_ctrl_s_saves_the_draft(text):
    text.page.fill("#id_title", "Hello")
    with text.page.expect_navigation():
        text.page.press("#id_title", "Control+s")
    assert "Draft saved" in text.page.inner_text("#container")


def test_enter_in_the_title_goes_on_to_the_text(text):
    text.page.click("#id_title")
    text.type("A title", "Enter", "words")
    assert text.page.input_value("#id_title") == "A title"
    assert str(text) == "words"


def test_a_link_from_an_error_opens_what_hides_its_field(text):
    text.page.fill("#id_title", "Hello")
    text.page.locator("#id_language").evaluate(
        "field => { (field.closest('details') ?? {}).open = true; field.value = 'no language' }"
    )
    with text.page.expect_navigation():
        text.page.click("[name=_save]")
    text.page.click(".errors a[href='#id_language']")
    assert text.focused() == "id_language"


def test_the_page_writes_without_any_script(site):
    context = site.page.context.browser.new_context(
        java_script_enabled=False, storage_state=site.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{site.url}/admin/writer/post/add/")
    page.fill("#id_title", "Plain")
    page.fill("#id_body", "Words.")
    page.click("[name=_save]")
    assert "Draft saved" in page.inner_text("#container")
    assert not page.locator(".tools").is_visible()
    context.close()
