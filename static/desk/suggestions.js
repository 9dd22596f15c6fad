// Suggestions: names that are known, for the name being typed. Without it, names are typed in full.

const PAUSE = 150; // ms after the last key

document.querySelectorAll("input[data-suggestions]").forEach((field) => {
  const list = document.createElement("datalist");
  list.id = `${field.id}-suggestions`;
  field.after(list);
  field.setAttribute("list", list.id);
  field.autocomplete = "off";
  let timer, asked = 0;

  async function suggest() {
    const [before, name] = parted(field);
    const mine = ++asked;
    const names = name ? await known(field.dataset.suggestions, name) : [];
    if (mine !== asked) return; // a later question was answered first
    list.replaceChildren(...names.map((one) => new Option("", before + quoted(one, field))));
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE);
  });
});

/** Return what stands before the name being typed, and that name, in a field of several or of one. */
function parted(field) {
  const text = field.value;
  if (!("several" in field.dataset)) return ["", text.trim()];
  let start = 0, inside = false;
  [...text].reduce((at, char) => {
    if (char === '"') inside = !inside;
    if (char === "," && !inside) start = at + char.length;
    return at + char.length;
  }, 0);
  const name = text.slice(start);
  return [text.slice(0, start) + (start ? " " : ""), name.trim().replace(/^"/, "")];
}

/** Return the name as a list reads it: in quotes if it holds a comma. */
function quoted(name, field) {
  const needed = "several" in field.dataset && (name.includes(",") || name.startsWith('"'));
  return needed ? `"${name.replaceAll('"', '""')}"` : name;
}

/** Return the names that the desk knows with these letters; none while it does not answer. */
async function known(address, letters) {
  try {
    const answer = await fetch(`${address}?q=${encodeURIComponent(letters)}`, { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).names : [];
  } catch {
    return [];
  }
}
