// Writing: the toolbar, shortcuts, lists that continue, counters and focus. Without it the textarea is a textarea.

const form = document.querySelector(".editor");
const field = form?.querySelector("#id_body");

if (field) {
  const show = (view) => {
    form.dataset.view = view;
    for (const button of form.querySelectorAll("button[data-view]")) button.setAttribute("aria-pressed", button.dataset.view === view);
  };
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-view]");
    if (button) show(button.dataset.view);
  });
  show("both");
}
