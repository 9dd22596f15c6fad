// The library as a dialog: choose a picture there, or files of one's own. Fields that hold a picture's path use it too.
import { LARGEST, send } from "./upload.js";

const box = document.querySelector(".picture-box");
const dialog = document.querySelector("dialog.chooser");
let page = 1;
let asked = 0; // the newest question to the library; the answers to others come too late

if (dialog) {
  const search = dialog.querySelector("[type=search]");
  let pause;
  search.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(() => show(1), 250); });
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  dialog.querySelector(".more").addEventListener("click", () => show(page));
  for (const input of document.querySelectorAll("input[data-picture]")) dress(input);
}

// Let somebody choose. Resolve to a picture of the library, to {files}, or to null.
export function choose({ several = true } = {}) {
  const files = dialog.querySelector("[type=file]");
  const search = dialog.querySelector("[type=search]");
  Object.assign(files, { value: "", multiple: several });
  search.value = dialog.returnValue = "";
  show(1);
  dialog.showModal();
  return new Promise((resolve) => {
    let chosen = null;
    const take = (what) => { chosen = what; dialog.close(); };
    const fromLibrary = ({ target }) => target.closest("button[data-picture]") && take(JSON.parse(target.closest("button").dataset.picture));
    const fromDevice = () => files.files.length && take({ files: [...files.files] });
    const list = dialog.querySelector("ul");
    list.addEventListener("click", fromLibrary);
    files.addEventListener("change", fromDevice);
    dialog.addEventListener("close", () => {
      list.removeEventListener("click", fromLibrary);
      files.removeEventListener("change", fromDevice);
      resolve(chosen);
    }, { once: true });
  });
}

// Show a page of what the library has; the first in place of what is there.
async function show(wanted) {
  const mine = (asked += 1);
  const query = new URLSearchParams({ q: dialog.querySelector("[type=search]").value, page: wanted });
  const said = await fetch(`${box.dataset.choose}?${query}`, { redirect: "error" }).then((answer) => answer.json()).catch(() => null);
  if (mine !== asked) return;
  const [list, status, more] = ["ul", "[role=status]", ".more"].map((name) => dialog.querySelector(name));
  if (wanted === 1) list.replaceChildren();
  more.hidden = !said?.next;
  if (!said) {
    status.textContent = box.dataset.failed;
    return;
  }
  page = said.next;
  const items = said.pictures.map(item);
  list.append(...items);
  if (wanted > 1) items[0]?.querySelector("button").focus();
  status.textContent = said.total ? "" : (query.get("q") ? box.dataset.nothing : box.dataset.none);
}

function item(picture) {
  const button = Object.assign(document.createElement("button"), { type: "button", title: picture.alt });
  button.dataset.picture = JSON.stringify(picture);
  const image = Object.assign(document.createElement("img"), { src: picture.thumbnail, alt: "", loading: "lazy" });
  const name = Object.assign(document.createElement("span"), { className: "name", textContent: picture.name });
  button.append(image, name);
  const entry = document.createElement("li");
  entry.append(button);
  return entry;
}

// A field that holds a picture's path: shown as the picture, chosen in the dialog. data-picture names the field of its alt text.
function dress(input) {
  const shown = document.querySelector("template.picture-field").content.firstElementChild.cloneNode(true);
  const [image, pick, none, says] = ["img", ".pick", ".none", "[role=status]"].map((name) => shown.querySelector(name));
  const set = (path, alt) => {
    input.value = path;
    const described = document.getElementById(input.dataset.picture);
    if (described && alt !== undefined) described.value = alt;
    for (const one of [input, described]) one?.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const draw = () => {
    image.hidden = none.hidden = !input.value;
    if (input.value) image.src = input.value;
    else image.removeAttribute("src");
  };
  pick.addEventListener("click", async () => {
    const chosen = await choose({ several: false });
    pick.focus();
    if (!chosen) return;
    says.textContent = chosen.files ? box.dataset.sending : "";
    try {
      const picture = chosen.files ? await sent(chosen.files[0]) : chosen;
      set(picture.url, picture.alt);
      says.textContent = "";
    } catch (error) {
      says.textContent = error.message;
    }
  });
  none.addEventListener("click", () => { set("", ""); pick.focus(); });
  input.addEventListener("input", draw);
  image.addEventListener("error", () => { image.hidden = true; });
  input.after(shown);
  input.classList.add("picture-path"); // what a person chooses is the picture; its label and errors lead to the button
  input.tabIndex = -1;
  input.addEventListener("focus", () => pick.focus());
  draw();
}

async function sent(file) {
  const words = { offline: box.dataset.offline, login: box.dataset.login, failed: box.dataset.failed, large: `${file.name} ${box.dataset.large}` };
  if (file.size > LARGEST) throw new Error(words.large);
  return send(box.dataset.upload, { file }, { words });
}
