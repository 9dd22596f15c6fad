// Lists and quotes go on by themselves: Enter begins the next item, Tab moves an item in, Shift+Tab out.
import { line, replace } from "./insert.js";

const ITEM = /^(\s*(?:>\s?)*)(?:([-*+]|(\d{1,9})([.)]))(\s+)(\[[ xX]\]\s+)?)?/;
const LISTED = /^\s*(?:>\s?)*(?:[-*+]|\d{1,9}[.)])\s/;

export function items(field) {
  let leaving = false; // after Esc, Tab leaves the field
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || field.parentElement.querySelector("[role=listbox]")) return;
    if (event.key === "Enter" && !event.shiftKey && next(field)) event.preventDefault();
    if (event.key === "Tab" && !leaving && shift(field, event.shiftKey)) event.preventDefault();
    if (event.key !== "Shift") leaving = event.key === "Escape";
  });
  field.addEventListener("blur", () => (leaving = false));
}

// Begin the next item; end the list if this one is empty. Return whether there was one.
function next(field) {
  const { value, selectionStart: at, selectionEnd } = field;
  const here = line(value, at);
  const [marker, quote, bullet, number, dot, space, task] = value.slice(here.start, here.end).match(ITEM);
  if (at !== selectionEnd || at < here.start + marker.length || !(bullet || quote.includes(">"))) return false;
  if (marker.trim() && !value.slice(here.start + marker.length, here.end).trim()) {
    replace(field, here.start, here.end, bullet ? quote : "");
    return true;
  }
  const mark = number ? `${Number(number) + 1}${dot}` : bullet;
  replace(field, at, at, `\n${quote}${bullet ? mark + space : ""}${task ? "[ ] " : ""}`);
  return true;
}

// Move the chosen items in or out by one level. Return whether these are items.
function shift(field, out) {
  const { value, selectionStart, selectionEnd } = field;
  const start = line(value, selectionStart).start;
  const end = line(value, Math.max(start, selectionEnd - (selectionEnd > selectionStart && value[selectionEnd - 1] === "\n"))).end;
  const old = value.slice(start, end).split("\n");
  if (!LISTED.test(old[0])) return false;
  const moved = old.map((text) => (out ? text.replace(/^( {1,3}|\t)/, "") : inwards(text)));
  const text = moved.join("\n");
  const first = moved[0].length - old[0].length;
  if (text !== old.join("\n")) replace(field, start, end, text);
  if (old.length > 1) field.setSelectionRange(start, start + text.length);
  else field.setSelectionRange(Math.max(start, selectionStart + first), Math.max(start, selectionEnd + first));
  return true;
}

// As deep as the item above has its text; a numbered list inside begins at one.
function inwards(text) {
  const number = text.match(/^(\s*)\d{1,9}([.)]\s)/);
  if (number) return text.replace(number[0], `   ${number[1]}1${number[2]}`);
  return text.trim() ? `  ${text}` : text;
}
