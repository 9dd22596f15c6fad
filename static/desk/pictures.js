// Pictures pasted, dropped or picked into the text: a placeholder at once, the picture when it is there.
import { choose } from "./choose.js";
import { replace } from "./insert.js";
import { LARGEST, Lost, Refused, send } from "./upload.js";

const form = document.querySelector(".editor");
const field = form?.querySelector("#id_body");
const box = document.querySelector(".picture-box");
const waiting = new Set(); // uploads that have not ended
let asking = Promise.resolve(); // one question at a time
let open = 0; // questions that are asked or wait to be
let composing = false;

if (field && box) take();

function take() {
  form.addEventListener("paste", (event) => fromTransfer(event, event.clipboardData), true);
  form.addEventListener("dragover", (event) => carriesFiles(event.dataTransfer) && event.preventDefault());
  form.addEventListener("drop", (event) => fromTransfer(event, event.dataTransfer));
  form.addEventListener("desk:picture", pick);
  field.addEventListener("compositionstart", () => { composing = true; });
  field.addEventListener("compositionend", () => { composing = false; });
  window.addEventListener("online", () => waiting.forEach((upload) => upload.lost && upload.start()));
  window.addEventListener("beforeunload", (event) => waiting.size && event.preventDefault());
}

const carriesFiles = (transfer) => transfer?.types.includes("Files");

// Files, unless they come along with text: a spreadsheet adds a picture of the cells that one copies.
function fromTransfer(event, transfer) {
  if (!carriesFiles(transfer) || (event.type === "paste" && (event.target !== field || transfer.getData("text/plain")))) return;
  const files = [...transfer.files];
  if (!files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.type === "drop") caretTo(event);
  insert(files);
}

// Where something is dropped on the text, the caret goes; else it stays where it is.
function caretTo({ clientX, clientY, target }) {
  const place = target === field && document.caretPositionFromPoint?.(clientX, clientY);
  if (place?.offsetNode === field) field.setSelectionRange(place.offset, place.offset);
}

// The toolbar and the slash menu ask here.
async function pick(event) {
  event.preventDefault();
  const chosen = await choose();
  if (chosen?.files) insert(chosen.files);
  else if (chosen) {
    const alt = chosen.alt || chosen.decorative ? chosen.alt : await ask(chosen.thumbnail, chosen.name, chosen.id);
    replace(field, field.selectionStart, field.selectionEnd, markdown(alt, chosen.url));
  }
}

function insert(files) {
  const uploads = files.map((file, number) => new Upload(file, { number: number + 1, of: files.length }));
  replace(field, field.selectionStart, field.selectionEnd, uploads.map(({ mark }) => mark).join("\n\n"));
  for (const upload of uploads) upload.begin();
}

const escaped = (alt) => alt.replace(/[\\[\]*`]/g, "\\$&").replaceAll("<", "&lt;");
const markdown = (alt, url) => `![${escaped(alt)}](${url})`;

class Upload {
  constructor(file, { number, of }) {
    this.file = file;
    this.name = file.name || box.dataset.unnamed;
    this.place = of > 1 ? `${number} / ${of}` : "";
    this.mark = freeMark(this.name.replace(/[[\]()\n]/g, ""));
    waiting.add(this);
    this.row = box.querySelector("template").content.firstElementChild.cloneNode(true);
    this.row.querySelector(".name").textContent = this.name;
    this.row.querySelector(".again").addEventListener("click", () => this.start());
    this.row.querySelector(".leave").addEventListener("click", () => this.end(""));
  }

  begin() {
    box.append(this.row);
    if (this.file.size > LARGEST) return this.refuse(`${this.name} ${box.dataset.large}`);
    const preview = URL.createObjectURL(this.file);
    this.asked = ask(preview, [this.name, this.place].filter(Boolean).join(" · "), null, this);
    this.asked.finally(() => URL.revokeObjectURL(preview));
    return this.start();
  }

  async start() {
    this.lost = false;
    this.row.classList.remove("lost");
    this.say(box.dataset.sending);
    const words = { offline: box.dataset.offline, login: box.dataset.login, failed: box.dataset.failed, large: `${this.name} ${box.dataset.large}` };
    const progress = (part) => { this.row.querySelector("progress").value = part; };
    try {
      const kept = await send(box.dataset.upload, { file: this.file }, { words, progress });
      await this.keep(kept);
    } catch (error) {
      if (error instanceof Refused) this.refuse(error.message);
      else if (error instanceof Lost) this.wait(error.message);
      else throw error;
    }
  }

  async keep(kept) {
    const alt = await this.asked;
    if (alt !== null) describe(kept.id, alt);
    await this.end(markdown(alt?.text ?? kept.alt, kept.url));
  }

  wait(reason) {
    this.lost = true;
    this.row.classList.add("lost");
    this.say(reason);
  }

  // A comment: the author finds the reason where the picture was to be, and no reader does.
  async refuse(reason) {
    this.close?.();
    waiting.delete(this);
    await this.swap(`<!-- ${reason.replaceAll("--", "- -")} -->`);
    this.closable(reason);
  }

  closable(text) {
    this.row.classList.add("refused");
    if (text.startsWith(this.name)) this.row.querySelector(".name").textContent = "";
    this.row.querySelector(".leave").textContent = box.dataset.close;
    this.say(text);
  }

  async end(text) {
    waiting.delete(this);
    this.close?.();
    const there = await this.swap(text);
    if (there || !text) this.row.remove();
    else this.closable(box.dataset.gone);
  }

  say(text) {
    this.row.querySelector(".says").textContent = text;
  }

  // Put text in place of the placeholder, wherever it has moved to; tell whether it was still there.
  async swap(text) {
    await settled();
    const start = field.value.indexOf(this.mark);
    if (start < 0) return false;
    const end = start + this.mark.length;
    quietly(() => put(start, end, text), { start, end, grown: text.length - this.mark.length });
    return true;
  }
}

// A placeholder that is not in the text yet, nor taken by an upload that is about to be.
function freeMark(name) {
  const taken = (mark) => field.value.includes(mark) || [...waiting].some((upload) => upload.mark === mark);
  for (let number = 1; ; number += 1) {
    const mark = `![${box.dataset.uploading} ${name}${number > 1 ? ` (${number})` : ""}…]()`;
    if (!taken(mark)) return mark;
  }
}

// No question is open and nothing is being composed: an edit now disturbs nobody, and can be undone.
async function settled() {
  while (open || composing) {
    await (open ? asking : new Promise((done) => { field.addEventListener("compositionend", () => setTimeout(done), { once: true }); }));
  }
}

function put(start, end, text) {
  if (document.activeElement === field) {
    field.setSelectionRange(start, end);
    if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
  }
  field.setRangeText(text, start, end, "preserve"); // somebody writes elsewhere: there the focus stays
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

// Edit, and leave caret, selection and scroll where they were in the text.
function quietly(edit, { start, end, grown }) {
  const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field;
  const moved = (at) => (at <= start ? at : Math.max(start, at >= end ? at + grown : end + grown));
  edit();
  field.setSelectionRange(moved(selectionStart), moved(selectionEnd), selectionDirection);
  field.scrollTop = scrollTop;
}

// Ask what a picture shows. Resolve to {text, decorative}; null for later.
function ask(source, name, id, upload) {
  open += 1;
  const answer = asking.then(() => (upload && !waiting.has(upload) ? null : question(source, name, upload)));
  asking = answer.finally(() => { open -= 1; });
  if (id === null) return answer;
  return answer.then((alt) => { if (alt) describe(id, alt); return alt?.text ?? ""; });
}

function question(source, name, upload) {
  const dialog = document.querySelector("dialog.describe");
  const [image, input] = [dialog.querySelector("img"), dialog.querySelector("input")];
  Object.assign(image, { src: source, hidden: false, onerror: () => { image.hidden = true; } });
  dialog.querySelector(".name").textContent = name;
  input.value = dialog.returnValue = "";
  const { selectionStart, selectionEnd, scrollTop } = field;
  dialog.showModal();
  if (upload) upload.close = () => dialog.close("");
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (upload) upload.close = null;
      image.removeAttribute("src");
      field.focus({ preventScroll: true });
      field.setSelectionRange(selectionStart, selectionEnd);
      field.scrollTop = scrollTop;
      const text = input.value.trim();
      const decorative = dialog.returnValue === "decorative";
      resolve(decorative || (dialog.returnValue === "use" && text) ? { text: decorative ? "" : text, decorative } : null);
    }, { once: true });
  });
}

// The library learns it too, if it may: the text has it in any case.
function describe(id, { text, decorative }) {
  const url = box.dataset.describe.replace("/0/", `/${id}/`);
  send(url, { alt: text, decorative: decorative ? "1" : "" }, { words: {} }).catch(() => {});
}
