// Copies of what is typed, in the browser: one for each open page of a post. Knows nothing of the site.

const BESIDE = new Set(["csrfmiddlewaretoken", "lock_version", "new_id", "editor"]);
const CLOCK = new Set(["publish_on", "unpublish_on", "zone", "occurrence"]); // not part of the words
const GUESSED = new Set(["zone", "occurrence"]); // may be filled in by a script
const OLD = 30 * 24 * 3600 * 1000; // ms after which nobody wants a copy back

// What a control holds, or held when it was served.
function values(control, served) {
  if (control.type === "checkbox" || control.type === "radio") return (served ? control.defaultChecked : control.checked) ? [control.value] : [];
  if (control.localName !== "select") return [served ? control.defaultValue : control.value];
  const chosen = [...control.options].filter((option) => (served ? option.defaultSelected : option.selected));
  if (!chosen.length && !control.multiple && control.options.length) chosen.push(control.options[0]);
  return chosen.map((option) => option.value);
}

function controls(form) {
  const silent = ["submit", "button", "reset", "image", "file"];
  return [...form.elements].filter(({ name, type, localName }) => name && !BESIDE.has(name) && localName !== "fieldset" && !silent.includes(type));
}

// All that a form says, by name; or what it said when it was served.
export function said(form, { served = false } = {}) {
  const found = {};
  for (const control of controls(form)) (found[control.name] ??= []).push(...values(control, served));
  return found;
}

// The words among them, or all that a person may have typed, as one string to compare.
export const words = (said) => JSON.stringify(Object.entries(said).filter(([name]) => !CLOCK.has(name)));
export const typed = (said) => JSON.stringify(Object.entries(said).filter(([name]) => !GUESSED.has(name)));

// Put into a form what it said before.
export function fill(form, said) {
  for (const control of controls(form)) {
    const wanted = said[control.name];
    if (!wanted) continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = wanted.includes(control.value);
    else if (control.localName === "select") for (const option of control.options) option.selected = wanted.includes(option.value);
    else [control.value] = wanted;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const key = (user, page) => `desk:${user}:${page}`;

// Keep a copy; tell whether the browser did.
export function keep(user, copy) {
  try {
    localStorage.setItem(key(user, copy.editor), JSON.stringify(copy));
    return true;
  } catch {
    return false;
  }
}

export function drop(user, editor) {
  try {
    localStorage.removeItem(key(user, editor));
  } catch {} // it keeps nothing, so there is nothing to remove
}

// Every copy of this person's, the newest first. Old ones are removed.
export function copies(user) {
  const found = [];
  try {
    for (const name of Object.keys(localStorage).filter((name) => name.startsWith(key(user, "")))) {
      const copy = JSON.parse(localStorage.getItem(name));
      if (Date.now() - copy.at < OLD) found.push(copy);
      else localStorage.removeItem(name);
    }
  } catch {} // a browser that keeps nothing
  return found.sort((one, other) => other.at - one.at);
}

// A page holds a lock for as long as it is open, so that its copy is not taken for one that was left behind.
export const hold = (editor) => navigator.locks?.request(`desk:${editor}`, () => new Promise(() => {}));
export async function open() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name.replace("desk:", "")));
}
