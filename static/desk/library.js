// The library of pictures: files dropped on it are added, one after the other. Without it the page that adds one still does.
import { LARGEST, send } from "./upload.js";

const box = document.querySelector(".picture-box");
const page = document.querySelector("#content");

if (box) {
  page.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  page.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}

// The page is loaded anew when all are there; what was refused stays to be read first.
async function add(files) {
  let refused = 0;
  for (const file of files) {
    const row = box.querySelector("template").content.firstElementChild.cloneNode(true);
    const say = (words) => { row.querySelector(".says").textContent = words; };
    row.querySelector(".name").textContent = file.name;
    say(box.dataset.sending);
    box.append(row);
    try {
      await sent(file, (part) => { row.querySelector("progress").value = part; });
      row.remove();
    } catch (error) {
      refused += 1;
      row.classList.add("refused");
      if (error.message.startsWith(file.name)) row.querySelector(".name").textContent = "";
      const close = row.querySelector(".leave");
      close.textContent = box.dataset.close;
      close.addEventListener("click", () => { row.remove(); if (!box.querySelector(".upload")) location.reload(); });
      say(error.message);
    }
  }
  if (!refused) location.reload();
}

function sent(file, progress) {
  const { offline, login, failed, large } = box.dataset;
  const words = { offline, login, failed, large: `${file.name} ${large}` };
  if (file.size > LARGEST) throw new Error(words.large);
  return send(box.dataset.upload, { file }, { words, progress });
}
