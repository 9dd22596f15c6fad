// The list of posts: choose all on the page, and say how many are chosen. Without it every box is ticked by hand.

const form = document.getElementById("changelist-form");
const all = form?.querySelector("[data-all]");

if (all) {
  const count = form.querySelector("[data-count]");
  const boxes = [...form.querySelectorAll(".action-select")];
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && !all.checked;
    count.textContent = `${chosen} / ${boxes.length}`;
    form.classList.toggle("chosen", chosen > 0);
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "select_across" && event.target.checked) for (const box of boxes) box.checked = true;
    show();
  });
  form.classList.add("lively");
  show();
}
