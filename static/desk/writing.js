// Writing: the toolbar, shortcuts, lists that continue, counters and focus. Without it the textarea is a textarea.
import "../vendor/markdown-toolbar-element.js";
import { subscribe } from "../vendor/paste-markdown.js";
import { replace } from "./insert.js";
import { items } from "./items.js";
import { help, shortcuts } from "./shortcuts.js";
import { put, slash } from "./slash.js";

const WORDS_PER_MINUTE = 238; // as the reader has it
const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;
const NARROW = matchMedia("(max-width: 60rem)");

const form = document.querySelector(".editor");
const field = form?.querySelector("#id_body");
if (field) write();

function write() {
  items(field);
  slash(field);
  field.addEventListener("paste", pasteCells);
  subscribe(field);
  counters();
  shortcuts(form);
  title(form.querySelector("#id_title"));
  form.addEventListener("click", ({ target }) => act(target.closest("[data-do]")?.dataset.do));
  form.addEventListener("click", reveal);
  NARROW.addEventListener("change", () => show(NARROW.matches ? "write" : "both"));
  show(NARROW.matches ? "write" : "both");
}

function act(what) {
  if (["write", "both", "preview"].includes(what)) show(what === form.dataset.view ? unlike(what) : what);
  if (what === "focus") focus();
  if (what === "table") insert("Table");
  if (what === "picture" && form.dispatchEvent(new CustomEvent("desk:picture", { cancelable: true }))) insert("Picture");
  if (what === "help") (document.querySelector("dialog.help") ?? form.appendChild(help())).showModal();
}

// A block from the toolbar: around what is chosen, if that is in one line.
function insert(name) {
  const { selectionStart, selectionEnd, value } = field;
  const chosen = value.slice(selectionStart, selectionEnd);
  if (chosen.includes("\n")) put(field, name, selectionEnd, selectionEnd);
  else put(field, name, selectionStart, selectionEnd, chosen);
}

// What is shown when the view that is shown is chosen once more.
function unlike(view) {
  if (view !== "preview") return view;
  return NARROW.matches ? "write" : "both";
}

function show(view) {
  form.dataset.view = view;
  for (const button of form.querySelectorAll(".views button")) button.ariaPressed = button.dataset.do === view;
  form.dispatchEvent(new CustomEvent("desk:view", { detail: { view } }));
}

// The text and nothing else.
function focus() {
  const on = document.body.classList.toggle("focus");
  form.querySelector("[data-do=focus]").ariaPressed = on;
  if (on) show("write");
  else show(NARROW.matches ? "write" : "both");
  field.focus();
}

// A link to a field opens what hides it.
function reveal(event) {
  const target = event.target.closest("a[href^='#id_']") && form.querySelector(event.target.closest("a").hash);
  if (!target) return;
  event.preventDefault();
  if (target.closest("details")) target.closest("details").open = true;
  if (target.closest(".source") && form.dataset.view === "preview") show("write");
  target.focus();
}

// Cells of a table become a table: the text that comes with them, without what a spreadsheet puts around it.
function pasteCells(event) {
  const html = event.clipboardData.getData("text/html");
  const rows = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "").split("\n").map((row) => row.split("\t"));
  if (!/<table/i.test(html) || rows[0].length < 2) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const text = rows.map((row) => `| ${row.map((cell) => cell.trim().replaceAll("|", "\\|")).join(" | ")} |`);
  text.splice(1, 0, `|${" --- |".repeat(rows[0].length)}`);
  const { selectionStart, selectionEnd, value } = field;
  const apart = value.slice(0, selectionStart).match(/(^|\n\n)$/) ? "" : value[selectionStart - 1] === "\n" ? "\n" : "\n\n";
  replace(field, selectionStart, selectionEnd, `${apart}${text.join("\n")}\n\n`);
}

function counters() {
  const shown = document.createElement("span");
  form.querySelector(".counts").prepend(shown);
  const count = (text) => (text.match(UNSPACED)?.length ?? 0) + (text.replace(UNSPACED, " ").match(/\S+/g)?.length ?? 0);
  const number = (value, one, many) => `${value.toLocaleString()} ${value === 1 ? one : many}`;
  const update = () => {
    const chosen = field.value.slice(field.selectionStart, field.selectionEnd);
    const text = document.activeElement === field && chosen ? chosen : field.value;
    const words = count(text);
    const parts = [number(words, "word", "words"), number([...text].length, "character", "characters")];
    parts.push(text === field.value ? `${Math.max(1, Math.round(words / WORDS_PER_MINUTE))} min to read` : "selected");
    shown.textContent = parts.join(" · ");
  };
  let waiting;
  for (const name of ["input", "selectionchange", "select"]) {
    field.addEventListener(name, () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(update); });
  }
  update();
}

// The title is one line that wraps: Enter goes on to the text.
function title(field) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.querySelector("#id_body").focus();
  });
  if (!field.value && !form.querySelector("#id_body").value) field.focus();
}
