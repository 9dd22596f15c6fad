// The fields that complete what is typed are drawn by a script of the admin's, which gives them no name.

// Its jQuery calls in the order in which it was asked, so this runs once they are drawn.
window.django?.jQuery?.(() => {
  for (const field of document.querySelectorAll("select.admin-autocomplete")) {
    const name = field.labels[0]?.textContent.replace(/:$/, "") ?? field.name;
    for (const part of field.parentElement.querySelectorAll("[role=combobox], [role=textbox]")) part.ariaLabel = name;
  }
});
