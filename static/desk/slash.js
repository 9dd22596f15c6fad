// The slash menu: at the start of a line, / offers what is more than words.
import "../vendor/text-expander-element.js";
import { replace } from "./insert.js";

// Name, what it is, other words by which it is found, and what is put there; ‸ is where the caret goes.
const BLOCKS = [
  ["Heading", "begins a section", "h2 title", "## ‸"],
  ["Subheading", "begins a part of one", "h3", "### ‸"],
  ["List", "with bullets", "bullets ul", "- ‸"],
  ["Numbered list", "in order", "ol steps", "1. ‸"],
  ["Task list", "done and to do", "todo checkbox", "- [ ] ‸"],
  ["Quote", "words of somebody else", "blockquote", "> ‸"],
  ["Code", "a block of it", "fence pre", "```‸\n\n```\n"],
  ["Table", "two columns, to begin with", "cells grid", "| ‸ |  |\n| --- | --- |\n|  |  |\n"],
  ["Picture", "with words for who cannot see it", "image photo img", picture],
  ["Note", "an alert that helps", "alert tip info", "> [!NOTE]\n> ‸"],
  ["Warning", "an alert that warns", "alert caution danger", "> [!WARNING]\n> ‸"],
  ["Footnote", "its text, to be cited above", "reference fn", footnote],
  ["Fold", "opened by a click", "details collapse spoiler", "<details>\n<summary>‸</summary>\n\n\n\n</details>\n"],
  ["Divider", "a pause in the text", "hr rule line", "---\n\n‸"],
];

// Whoever takes pictures in may do so instead; else the Markdown is written.
function picture({ form }) {
  return form.dispatchEvent(new CustomEvent("desk:picture", { cancelable: true })) ? "![‸]()" : "";
}

function footnote({ value }) {
  const taken = [...value.matchAll(/\[\^(\d+)\]:/g)].map(([, number]) => Number(number));
  return `[^${Math.max(0, ...taken) + 1}]: ‸`;
}

// Put a block in place of what stands from start to end; what was chosen stands where the caret would.
export function put(field, name, start, end, chosen = "") {
  const block = BLOCKS.find(([known]) => known === name)[3];
  if (start !== end) replace(field, start, end, "");
  const text = typeof block === "string" ? block : block(field);
  if (text) replace(field, start, start, text.replace("‸", chosen), text.indexOf("‸") + chosen.length);
}

export function slash(field) {
  const expander = field.closest("text-expander");
  expander.addEventListener("text-expander-change", ({ detail }) => {
    const start = field.selectionEnd - detail.text.length - 1;
    const found = start && field.value[start - 1] !== "\n" ? [] : matching(detail.text.toLowerCase());
    if (found.length) detail.provide(Promise.resolve({ matched: true, fragment: menu(found) }));
  });
  expander.addEventListener("text-expander-value", (event) => {
    event.preventDefault(); // it would set the value, and the browser could not undo that
    const end = field.selectionEnd;
    const start = field.value.lastIndexOf("/", end - 1);
    put(field, event.detail.item.dataset.name, start, end);
  });
  expander.addEventListener("text-expander-activate", () => requestAnimationFrame(() => {
    // A textarea is a textbox: it may point at the chosen option, but not be called a combobox.
    for (const name of ["role", "aria-expanded"]) field.removeAttribute(name);
    turn(expander.querySelector(".slash"));
  }));
}

function matching(typed) {
  return BLOCKS.filter(([name, , words]) => `${name} ${words}`.toLowerCase().split(" ").some((word) => word.startsWith(typed)));
}

function menu(found) {
  const list = Object.assign(document.createElement("ul"), { className: "slash", role: "listbox", ariaLabel: "Insert", tabIndex: 0 });
  list.append(...found.map(([name, words]) => {
    const item = Object.assign(document.createElement("li"), { role: "option", id: `slash-${name.replace(" ", "-")}` });
    item.dataset.name = name;
    const what = Object.assign(document.createElement("span"), { className: "what", textContent: words });
    item.append(name, " ", what);
    return item;
  }));
  return list;
}

// Below the line, or above it where there is no room.
function turn(list) {
  if (!list || list.getBoundingClientRect().bottom <= innerHeight) return;
  const style = getComputedStyle(list);
  list.style.top = `${parseFloat(style.top) - list.offsetHeight - 2 * parseFloat(style.marginTop) - parseFloat(getComputedStyle(list.parentElement.firstElementChild).lineHeight)}px`;
}
