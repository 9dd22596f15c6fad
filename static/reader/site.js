// Two comforts that every page does without: light or dark by choice, and copying code.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.scheme ? root.dataset.scheme === "dark" : system.matches);
  let store = {};
  try { store = localStorage; } catch { /* forbidden: the choice lasts for this page */ }
  if (store.scheme) root.dataset.scheme = store.scheme;

  addEventListener("DOMContentLoaded", () => {
    const scheme = document.querySelector(".scheme");
    const show = () => scheme.setAttribute("aria-pressed", isDark());
    scheme.onclick = () => {
      const dark = !isDark();
      delete root.dataset.scheme;
      if (dark !== system.matches) root.dataset.scheme = dark ? "dark" : "light";
      if (root.dataset.scheme) store.scheme = root.dataset.scheme;
      else delete store.scheme; // back to what the system says
      show();
    };
    system.onchange = show;
    scheme.hidden = false;
    show();

    if (!navigator.clipboard) return;
    for (const block of document.querySelectorAll(".prose .highlight")) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
      button.onclick = async () => {
        await navigator.clipboard.writeText(block.querySelector("pre").textContent);
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = "Copy"), 2000);
      };
      block.append(button);
    }
  });
})();
