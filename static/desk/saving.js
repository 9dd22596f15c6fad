// Saving: what is typed is kept, here and at the site. Without it the Save button still does.
// Fires desk:saved on the form, with { lock_version, at, not_kept }; takes desk:changed as a change.

import { copies, drop, fill, hold, keep, open, said, typed, words } from "./copies.js";

const form = document.querySelector("#post_form");
const place = form?.querySelector(".saving[data-user]");
const random = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

// Pages that say that a text is at the site.
for (const { dataset } of document.querySelectorAll("[data-kept]")) drop(dataset.user, dataset.kept);

if (place) {
  const say = place.dataset;
  const status = place.querySelector("[role=status]");
  const others = place.querySelector(".others");
  const offer = form.querySelector(".unsaved");
  const PAUSE = 2000; // ms after the last key
  const LONGEST = 15_000; // ms while somebody types without a pause
  const LOOK = 20_000; // ms between two looks at who else is here
  const AGAIN = 5000; // ms until it is tried again
  const PATIENCE = 20_000; // ms for an answer

  const page = { post: say.post || random(), isNew: "new" in say, editor: random(), sequence: 0 };
  const lock = form.elements.lock_version;
  const own = Object.assign(document.createElement("input"), { type: "hidden", name: "editor" });
  form.append(own);

  // What is at the site; null: not what this page was served with.
  let atSite = "unsaved" in say ? null : words(said(form, { served: true }));
  let copied = true, busy = false, leaving = false, wanted = false, since = null, timer = 0;
  let state = ""; // "", offline, out (of the session), stale (somebody else saved)

  const dirty = () => words(said(form)) !== atSite;
  const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const put = (text, ...values) => values.reduce((text, value) => text.replace("%s", () => value), text);

  function tell(text, ...more) {
    const now = [text, ...more.map((node) => node.textContent)].join(" ");
    if (status.textContent !== now) status.replaceChildren(text, ...more.flatMap((node) => [" ", node])); // said once, not each time
  }

  function become(editor, sequence = 0) {
    [page.editor, page.sequence, own.value] = [editor, sequence, editor];
    hold(editor);
  }

  // --- the copy in the browser

  function copy(submitted = leaving) {
    const { post, isNew, editor, sequence } = page;
    copied = keep(say.user, { post, isNew, editor, sequence, lock_version: lock.value, at: Date.now(), submitted, said: said(form) });
  }

  function forget(editor = page.editor) {
    drop(say.user, editor);
  }

  // --- the site

  const address = (what) => `${say.base}${page.post}/${what}/`;
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];

  function renewToken() {
    // Somebody who logs in in another tab gets a new token; this page's form must go on with it.
    if (token()) for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token();
  }

  async function ask(what, data) {
    renewToken();
    data.set("writer", say.user);
    data.set("editor", page.editor);
    data.set("sequence", Math.max(1, page.sequence));
    data.set("lock_version", lock.value);
    const headers = { "X-CSRFToken": token() ?? form.elements.csrfmiddlewaretoken.value };
    try {
      const answer = await fetch(address(what), { method: "POST", body: data, headers, redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
      const json = answer.headers.get("Content-Type")?.includes("json");
      return { status: answer.status, ...(json ? await answer.json() : {}) };
    } catch {
      return { status: 0 };
    }
  }

  async function save() {
    clearTimeout(timer);
    if (busy) return void (wanted = true);
    if (state === "stale" || "off" in say || leaving) return;
    const sent = words(said(form));
    if (sent === atSite) return settled();
    [busy, wanted, since] = [true, false, null];
    const slow = setTimeout(() => state || tell(say.saySaving), 400);
    page.sequence += 1;
    copy();
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    if (page.isNew) data.set("new", "1");
    const answer = await ask("autosave", data);
    clearTimeout(slow);
    busy = false;
    if (answer.status === 200) kept(answer, sent);
    else failed(answer);
    if (wanted && !state) changed();
  }

  function kept(answer, sent) {
    [atSite, state, lock.value] = [sent, "", answer.lock_version];
    if (page.isNew) goOnAs(answer.url);
    const complaints = answer.not_kept.map((words) => Object.assign(document.createElement("span"), { className: "complaint", textContent: words }));
    tell(put(say.saySaved, clock(answer.saved_at)), ...complaints);
    others.textContent = answer.others;
    if (dirty()) changed();
    else if (complaints.length) copy();
    else forget();
    const detail = { lock_version: answer.lock_version, at: answer.saved_at, not_kept: answer.not_kept };
    form.dispatchEvent(new CustomEvent("desk:saved", { bubbles: true, detail }));
  }

  function goOnAs(url) {
    page.isNew = false;
    if (form.elements.new_id) form.elements.new_id.value = page.post;
    if (form.hasAttribute("action")) form.setAttribute("action", url);
    history.replaceState(history.state, "", url);
  }

  function settled() {
    if (state === "offline" || state === "out") [state] = ["", tell("")];
  }

  function failed({ status: code, words, who, when }) {
    if (code === 401) return loggedOut(words);
    if (code === 409) return stale(who, when);
    if (code === 0 || code >= 500 || (code === 403 && !words)) {
      state = "offline";
      tell(copied ? (navigator.onLine && code ? say.saySilent : say.sayOffline) : say.sayNowhere);
      timer = setTimeout(save, AGAIN);
      return;
    }
    state = "";
    tell(put(say.sayRefused, words ?? code));
  }

  function loggedOut(words) {
    const link = Object.assign(document.createElement("a"), { href: say.login, target: "_blank", rel: "noopener", textContent: say.sayLogin });
    state = "out";
    tell(`${words} ${say.sayOut}`, link);
    timer = setTimeout(look, AGAIN);
  }

  function stale(who, when) {
    const lost = dirty();
    const next = lost
      ? Object.assign(document.createElement("button"), { type: "submit", name: "_save", value: "1", className: "link", textContent: say.sayBoth })
      : Object.assign(document.createElement("a"), { href: location.href, textContent: say.sayLoad });
    state = "stale";
    tell(put(lost ? say.sayStale : say.sayNewer, who, clock(when)), next);
  }

  // Say that somebody is here, and hear who else is. Also the way back after a login in another tab.
  async function look() {
    clearTimeout(timer);
    if (page.isNew ? state !== "out" : document.hidden && !state) return;
    if (busy || state === "stale" || leaving) return;
    const answer = await ask("present", new FormData());
    if (busy || leaving) return;
    if (answer.status === 200) {
      others.textContent = answer.others;
      if (state) dirty() ? save() : settled();
    } else if ([401, 409].includes(answer.status)) failed(answer);
    else if (state === "out") timer = setTimeout(look, AGAIN);
  }

  // --- what happens on the page

  function changed() {
    leaving = false;
    if ("off" in say) return copy();
    if (!dirty() && typed(said(form)) === typed(said(form, { served: true }))) forget();
    else copy();
    if (state === "stale" || !dirty()) return;
    since ??= Date.now();
    clearTimeout(timer);
    timer = setTimeout(save, Math.min(PAUSE, Math.max(0, since + LONGEST - Date.now())));
  }

  for (const event of ["input", "change", "desk:changed"]) form.addEventListener(event, changed);
  addEventListener("online", save);
  addEventListener("focus", () => state && (state === "out" ? look() : save()));
  document.addEventListener("visibilitychange", () => (document.hidden ? dirty() && copy() : state === "out" && look()));
  setInterval(look, LOOK);

  form.addEventListener("submit", (event) => {
    renewToken();
    clearTimeout(timer);
    leaving = true;
    copy();
    setTimeout(() => event.defaultPrevented && changed());
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && dirty() && !copied) event.preventDefault();
  });

  // --- what a page left behind

  async function leftBehind(tries = 3) {
    const alive = await open();
    const mine = copies(say.user).filter((one) => one.editor !== page.editor && (page.isNew ? one.isNew : one.post === page.post));
    for (const one of mine.filter(({ editor }) => !alive.has(editor))) {
      if (one.submitted && one.editor === say.editor && "settled" in say) forget(one.editor);
      else if (typed(one.said) === typed(said(form))) take(one);
      else return offerBack(one);
    }
    if (tries > 1 && mine.some(({ editor }) => alive.has(editor))) setTimeout(leftBehind, 1500, tries - 1); // it may be closing
  }

  // Go on as the page that was left behind: the site knows it, so that what it saved last is no conflict.
  function take(one) {
    forget(one.editor);
    if (!dirty()) return;
    become(one.editor, one.sequence);
    changed();
  }

  function offerBack(one) {
    const time = offer.querySelector("time");
    const at = new Date(one.at);
    time.dateTime = at.toISOString();
    time.textContent = at.toDateString() === new Date().toDateString() ? clock(at) : `${at.toLocaleDateString(document.documentElement.lang)} ${clock(at)}`;
    offer.hidden = false;
    offer.onclick = ({ target }) => {
      const { value } = target.closest("button") ?? {};
      if (!value) return;
      offer.hidden = true;
      forget(one.editor);
      if (value === "keep") bringBack(one);
      else leftBehind(1);
    };
  }

  function bringBack(one) {
    forget();
    become(one.editor, one.sequence);
    page.post = one.post;
    lock.value = one.lock_version;
    if (form.elements.new_id && page.isNew) form.elements.new_id.value = one.post;
    fill(form, one.said);
    form.querySelector("#id_body")?.focus();
    changed();
  }

  become(page.editor);
  if (form.elements.new_id && page.isNew) form.elements.new_id.value = page.post;
  leftBehind();
  look();
  if (atSite === null) changed();
}
