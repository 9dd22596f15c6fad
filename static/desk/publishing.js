// Publishing: the bar, the checklist, whether readers have it, times in the author's own zone. Without it the
// buttons still do; what is asked of the site comes back as finished HTML.

const form = document.querySelector(".editor");
const PAUSE = 800; // ms after the last key
const AGAIN = 2000; // ms until it is asked again whether readers have it

if (form?.querySelector(".submit-row")) {
  checklist(form.querySelector(".checks"));
  arrival(form.querySelector(".standing"));
  followSaves(form.querySelector(".standing"));
  nextStep();
  menus();
  copying();
  const dialog = form.querySelector("dialog.schedule");
  if (dialog) schedule(dialog);
}

// Return what the site answers: finished HTML; nothing if it cannot, or wants a login.
async function answer(url, options) {
  try {
    const response = await fetch(url, options);
    return response.ok && !response.redirected ? await response.text() : undefined;
  } catch {
    return undefined; // offline: what stands there stays
  }
}

// Call at most once at a time, and not before nobody has asked for so many milliseconds.
function patiently(pause, act) {
  let timer, busy = false, again = false;
  return function ask() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (busy) { again = true; return; }
      busy = true;
      await act();
      busy = false;
      if (again) { again = false; ask(); }
    }, pause);
  };
}

function typed() {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (typeof value !== "string") data.delete(name);
  return data;
}

function checklist(place) {
  if (!place) return;
  const look = patiently(PAUSE, async () => {
    const html = await answer(place.dataset.url, { method: "POST", body: typed() });
    if (html === undefined) return;
    const open = place.querySelector("details")?.open;
    place.innerHTML = html;
    place.querySelector("details").open = Boolean(open);
  });
  form.addEventListener("input", look);
  form.addEventListener("desk:changed", look);
  form.addEventListener("desk:saved", look);
}

// While readers wait for what was published, ask whether they have it.
async function arrival(place) {
  for (let tries = 0; place?.dataset.url && tries < 150; tries++) {
    await new Promise((go) => setTimeout(go, AGAIN));
    const html = await answer(place.dataset.url);
    if (html === undefined) continue;
    stand(place, html);
  }
}

// Show how the post stands; what has not changed is not said again.
function stand(place, html) {
  const fresh = document.createRange().createContextualFragment(html).querySelector(".standing");
  place.dataset.url = fresh.dataset.url;
  if (fresh.textContent !== place.textContent) place.replaceChildren(...fresh.childNodes);
}

// What is saved while typing changes the state: a new post is a draft from then on, a live one is changed.
function followSaves(place) {
  form.addEventListener("desk:saved", async () => {
    const html = await answer(new URL("../standing/", location.href));
    if (html !== undefined) stand(place, html);
  });
}

// A live post has nothing to publish until something is typed; from then on it can be withdrawn from the menu.
function nextStep() {
  const [publish, unpublish] = ["[data-once-typed]", "[data-until-typed]"].map((one) => form.querySelector(one));
  if (!publish) return;
  publish.hidden = true;
  const show = () => {
    publish.hidden = false;
    form.querySelector(".menu > div").prepend(unpublish);
  };
  form.addEventListener("input", show, { once: true });
  form.addEventListener("desk:changed", show, { once: true });
}

// What unfolds over the page closes by Escape, by a click elsewhere, and by what it leads to.
function menus() {
  const opened = () => form.querySelectorAll(".bar details[open]");
  document.addEventListener("click", ({ target }) => {
    for (const one of opened()) if (!one.contains(target) || target.closest("a[href^='#']")) one.open = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const one of opened()) {
      one.open = false;
      if (one.contains(event.target)) one.querySelector("summary").focus();
    }
  });
}

function copying() {
  for (const button of navigator.clipboard ? form.querySelectorAll(".copies") : []) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.closest("li").querySelector("input").value);
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = words), 2000);
    });
  }
}

// The fields of the schedule, in a dialog, on the clock of this browser.
function schedule(dialog) {
  const opener = form.querySelector(".schedules");
  const [publish, unpublish, zone, occurrence] = ["publish_on", "unpublish_on", "zone", "occurrence"].map((name) => form.querySelector(`#id_${name}`));
  const fields = publish.closest("fieldset");
  const said = dialog.querySelector(".said");
  const asked = occurrence.closest(".form-row");
  dialog.querySelector(".times").append(fields);
  fields.querySelector("h2, summary")?.remove();
  for (const name of ["_cancel_schedule", "_schedule"]) {
    const button = form.querySelector(`[name=${name}]`);
    if (button) dialog.querySelector(".row").prepend(button);
  }
  dialog.querySelector("[name=_schedule]").classList.add("default");

  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (here && here !== zone.defaultValue && !publish.defaultValue && !unpublish.defaultValue) {
    zone.value = here;
    const body = new FormData();
    body.set("zone", here);
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    answer(dialog.dataset.clock, { method: "POST", body });
  }
  zone.setAttribute("list", "zones");
  const list = Object.assign(document.createElement("datalist"), { id: "zones" });
  list.append(...Intl.supportedValuesOf("timeZone").map((value) => Object.assign(document.createElement("option"), { value })));
  dialog.append(list);

  const say = patiently(200, async () => {
    const query = new URLSearchParams([publish, unpublish, zone, occurrence].map(({ name, value }) => [name, value]));
    const html = await answer(`${dialog.dataset.clock}?${query}`);
    if (html === undefined) return;
    said.innerHTML = html;
    asked.hidden = !said.querySelector(".asks") && !occurrence.value;
  });
  dialog.addEventListener("input", say);
  asked.hidden = !occurrence.value;

  const open = () => { dialog.showModal(); publish.focus(); say(); };
  opener.hidden = false;
  opener.addEventListener("click", open);
  dialog.querySelector(".closes").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { // without having saved: what is scheduled is as it was
    const { publishOn, unpublishOn, zone: keptZone, occurrence: answered } = dialog.dataset;
    publish.value = publishOn;
    unpublish.value = unpublishOn;
    zone.value = keptZone || zone.value;
    occurrence.value = answered;
    opener.focus();
  });
  if (fields.querySelector(".errorlist")) open();
  document.addEventListener("click", ({ target }) => { // from the list of what is in the way
    const to = target.closest("a[href^='#id_']")?.hash;
    if (to && dialog.querySelector(to) && !dialog.open) open();
  });
}
