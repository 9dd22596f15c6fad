// How the page shows in search results and when it is shared: read from the head of the page in the preview.

const form = document.querySelector(".editor");
const cards = form?.querySelector(".cards");

if (cards) {
  form.querySelector("#id_description")?.closest("fieldset")?.append(cards);
  form.addEventListener("desk:previewed", ({ detail: page }) => show(page.head));
}

function show(head) {
  const said = (key) => head.querySelector(`meta[property="${key}"], meta[name="${key}"]`)?.content ?? "";
  const canonical = head.querySelector("link[rel=canonical]")?.href;
  cards.hidden = !canonical; // what says why a page cannot be shown has none
  if (!canonical) return;
  const url = new URL(canonical);
  const steps = [url.host, ...decodeURI(url.pathname).split("/").filter(Boolean)];
  fill(".result", { where: steps.join(" › "), name: head.querySelector("title").textContent, gist: said("description") });
  fill(".share", { where: said("og:site_name") || url.host, name: said("og:title"), gist: said("og:description") });
  cards.querySelector(".left-out").hidden = !said("robots").includes("noindex");
  picture(said("og:image"));
}

function fill(card, values) {
  for (const [part, words] of Object.entries(values)) cards.querySelector(`${card} .${part}`).textContent = words;
}

// A picture of this site is fetched from where the desk is, which may have another name than the site.
function picture(address) {
  const image = cards.querySelector("img");
  image.hidden = !address;
  if (address) image.src = new URL(address).pathname;
}
