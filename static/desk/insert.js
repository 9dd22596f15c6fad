// Edits of the text that the browser can undo, and that fire `input` as typing does.

// Put text in place of what stands from start to end; | in it says where the caret goes, if it is given as a mark.
export function replace(field, start, end, text, caret = text.length) {
  field.focus();
  field.setSelectionRange(start, end);
  const done = text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete");
  if (!done) { // an older Firefox: the text is right, and only this step cannot be undone
    field.setRangeText(text, start, end, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(start + caret, start + caret);
}

// Where the line that holds this place begins and ends.
export function line(text, at) {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  return { start, end: end < 0 ? text.length : end };
}
