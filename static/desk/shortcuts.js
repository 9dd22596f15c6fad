// The keys of the editor: one table, from which come the shortcuts, the hints on the buttons and the help.

// Mod is ⌘ on a Mac, Ctrl elsewhere. A key is named as on its cap; digits and the full stop are the same under Shift.
const TABLE = [
  ["Mod+B", "Bold", "md-bold"],
  ["Mod+I", "Italic", "md-italic"],
  ["Mod+K", "Link", "md-link"],
  ["Mod+E", "Code", "md-code"],
  ["Mod+Shift+.", "Quote", "md-quote"],
  ["Mod+Shift+8", "List", "md-unordered-list"],
  ["Mod+Shift+7", "Numbered list", "md-ordered-list"],
  ["Mod+Shift+L", "Task list", "md-task-list"],
  ["Mod+S", "Save the draft", "[name=_save]"],
  ["Mod+Shift+P", "Preview, and back", "[data-do=preview]"],
  ["Mod+Shift+F", "Focus, and back", "[data-do=focus]"],
  ["Mod+/", "This help", "[data-do=help]"],
];
// What keys do by themselves where the caret is.
const TYPED = [
  ["/", "At the start of a line: headings, lists, tables and more"],
  ["Enter", "In a list or a quote: the next item; in an empty one: the end of it"],
  ["Tab", "In a list: one level in"],
  ["Shift+Tab", "In a list: one level out"],
  ["Esc, Tab", "Leave the text"],
];
const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export function shortcuts(form) {
  const keys = new Map(TABLE.map(([keys, , selector]) => [keys, selector]));
  document.addEventListener("keydown", (event) => {
    const selector = keys.get(pressed(event));
    const control = selector && form.querySelector(selector);
    if (!control || (selector.startsWith("md-") && event.target.id !== "id_body")) return;
    event.preventDefault();
    control.click();
  });
  for (const [keys, words, selector] of TABLE) {
    const control = form.querySelector(selector);
    if (control?.closest(".tools")) control.title = `${control.ariaLabel ?? words} (${shown(keys).join(" ")})`;
  }
}

function pressed(event) {
  if (!(MAC ? event.metaKey : event.ctrlKey) || event.altKey || event.isComposing) return "";
  const key = event.code.replace(/^Digit/, "").replace("Period", ".");
  return `Mod+${event.shiftKey ? "Shift+" : ""}${key.length === 1 ? key : event.key.toUpperCase()}`;
}

function shown(keys) {
  return keys.split("+").map((key) => (key === "Mod" ? (MAC ? "⌘" : "Ctrl") : key === "Shift" && MAC ? "⇧" : key));
}

// The dialog that shows the table.
export function help() {
  const dialog = Object.assign(document.createElement("dialog"), { className: "help" });
  dialog.setAttribute("aria-labelledby", "help-title");
  const title = Object.assign(document.createElement("h2"), { id: "help-title", textContent: "Keys" });
  const list = document.createElement("dl");
  for (const [keys, words] of [...TABLE, ...TYPED]) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    term.append(...shown(keys).map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
    row.append(term, Object.assign(document.createElement("dd"), { textContent: words }));
    list.append(row);
  }
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Close", autofocus: true });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // beside it
  dialog.append(title, close, list);
  return dialog;
}
