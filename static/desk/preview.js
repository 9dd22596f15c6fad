// The preview beside the text: the page as it would be published. It is asked for while its pane is in sight, and
// tells the form by `desk:previewed` of each page that it shows, with its document.
//
// Each page comes into a new frame behind the one in sight, and changes places with it once it is styled: nothing
// flickers, and the browser's Back still leaves the desk. No script runs in a frame; the desk may read it.

const form = document.querySelector(".editor");
const pane = form?.querySelector(".preview[data-url]");
const PAUSE = 400; // ms after the last key
const PATIENCE = 15_000; // ms

if (pane) {
  const stage = pane.querySelector(".stage");
  const word = pane.querySelector(".word");
  const source = form.querySelector("#id_body");
  const choice = remembered();
  let timer, shown, seen, busy = false, stale = true, count = 0;

  function later() {
    stale = true;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  async function ask() {
    if (busy || !stale || !stage.clientWidth) return; // out of sight: asked for when it is seen
    stale = false;
    const words = typed();
    const asked = JSON.stringify(words);
    if (asked === seen) return;
    busy = true;
    const frame = await sent(words);
    busy = false;
    seen = frame && asked;
    if (frame) swap(frame);
    word.textContent = frame ? "" : pane.dataset.offline;
    if (stale) later();
  }

  // What is typed, without what says only which saving of it this was.
  function typed() {
    return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "lock_version");
  }

  // Send what is typed into a new frame; return it once its page stands there, nothing if it does not come.
  async function sent(words) {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-same-origin";
    frame.title = pane.dataset.title;
    frame.name = `preview-${++count}`;
    frame.className = "coming";
    stage.append(frame);
    const letter = document.createElement("form");
    Object.assign(letter, { method: "post", action: pane.dataset.url, target: frame.name, hidden: true });
    letter.append(...words.map(([name, value]) => filled(name, value)));
    document.body.append(letter);
    letter.submit();
    letter.remove();
    const end = Date.now() + PATIENCE;
    while (Date.now() < end && frame.contentDocument) {
      if (styled(frame.contentDocument)) return frame;
      await new Promise((go) => setTimeout(go, 20));
    }
    frame.remove();
  }

  function filled(name, value) { // a textarea, as a hidden input would not keep line ends
    return Object.assign(document.createElement("textarea"), { name, value });
  }

  function styled(page) {
    return page.URL !== "about:blank" && page.readyState !== "loading" && [...page.querySelectorAll("link[rel=stylesheet]")].every((link) => link.sheet);
  }

  function swap(frame) {
    const top = shown?.contentWindow?.scrollY ?? 0;
    dress(frame);
    frame.contentWindow.scrollTo({ top, behavior: "instant" });
    frame.contentDocument.addEventListener("click", follow);
    frame.addEventListener("load", () => frame.contentDocument?.URL.endsWith(pane.dataset.url) || astray());
    frame.classList.remove("coming");
    shown?.remove();
    shown = frame;
    form.dispatchEvent(new CustomEvent("desk:previewed", { detail: frame.contentDocument }));
  }

  // Something led the frame away from the preview: bring it back.
  function astray() {
    seen = undefined;
    later();
  }

  // A link within the page scrolls; any other opens beside the desk, which knows nothing of where it came from.
  function follow(event) {
    const link = event.target.closest("a[href]");
    if (!link) return;
    event.preventDefault();
    const to = link.getAttribute("href");
    if (to.startsWith("#")) link.ownerDocument.getElementById(decodeURIComponent(to.slice(1)))?.scrollIntoView();
    else open(link.href, "_blank", "noopener,noreferrer");
  }

  // Roughly where the writer is: as far down the article as the source is scrolled.
  function along() {
    const prose = shown?.contentDocument?.querySelector(".prose");
    const room = source.scrollHeight - source.clientHeight;
    if (!prose || room <= 0) return;
    const view = shown.contentWindow, box = prose.getBoundingClientRect();
    const begin = source.scrollTop ? view.scrollY + box.top - view.innerHeight / 4 : 0;
    view.scrollTo({ top: begin + (source.scrollTop / room) * Math.max(0, box.height - view.innerHeight / 2), behavior: "instant" });
  }

  // Width and colours. A page wider than the pane is shown smaller.
  function dress(frame) {
    const scale = Math.min(1, stage.clientWidth / (choice.width || stage.clientWidth || 1));
    stage.style.setProperty("--width", choice.width ? `${choice.width}px` : "100%");
    stage.style.setProperty("--scale", scale);
    stage.toggleAttribute("data-framed", Boolean(choice.width));
    const page = frame?.contentDocument?.documentElement;
    if (page) page.dataset.scheme = dark() ? "dark" : "light";
    for (const button of pane.querySelectorAll("[data-width]")) button.setAttribute("aria-pressed", button.dataset.width === choice.width);
    pane.querySelector("[data-dark]").setAttribute("aria-pressed", dark());
  }

  function dark() {
    const theme = choice.scheme ?? document.documentElement.dataset.theme;
    return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  }

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem("desk.preview")) ?? {};
    } catch {
      return {}; // forbidden: the choice lasts for this page
    }
  }

  function remember() {
    try { localStorage.setItem("desk.preview", JSON.stringify(choice)); } catch { /* as above */ }
    dress(shown);
  }

  pane.addEventListener("click", ({ target }) => {
    const button = target.closest(".sight button");
    if (!button) return;
    if (button.dataset.width) choice.width = choice.width === button.dataset.width ? "" : button.dataset.width;
    else choice.scheme = dark() ? "light" : "dark";
    remember();
  });
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("desk:changed", later);
  source.addEventListener("scroll", () => requestAnimationFrame(along), { passive: true });
  new ResizeObserver(() => (dress(shown), ask())).observe(stage);
  new MutationObserver(() => dress(shown)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  pane.querySelector(".sight").hidden = false;
  dress();
}
