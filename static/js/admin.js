/* Names for what the stock pages of the admin leave without one, so that a screen reader can say what a field is:
   fields in rows below a heading, both parts of a moment, and the field that searches while one types. */
"use strict";

(() => {
  const words = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const labelOf = (field) => words(document.querySelector(`label[for="${CSS.escape(field.id)}"]`));

  const nameRows = () => {
    for (const table of document.querySelectorAll(".tabular table, .results table")) {
      const heads = [...table.querySelectorAll("thead th")];
      for (const head of heads) if (!words(head)) head.setAttribute("role", "presentation");
      for (const field of table.querySelectorAll("tbody :is(input:not([type=hidden]), select, textarea)")) {
        const name = words(heads[field.closest("td, th")?.cellIndex ?? 0]);
        if (!labelOf(field) && !field.hasAttribute("aria-label") && name) field.setAttribute("aria-label", name);
      }
    }
  };

  const nameMoments = () => {
    for (const field of document.querySelectorAll(".vDateField, .vTimeField")) {
      const name = words(field.closest(".form-row")?.querySelector("label, legend"));
      if (!labelOf(field) && name) field.setAttribute("aria-label", name);
    }
  };

  const nameChoices = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.parentElement.querySelector(".select2-selection");
      if (!box || !labelOf(select)) continue;
      box.setAttribute("aria-label", labelOf(select));
      box.querySelector("[role=textbox]")?.setAttribute("aria-label", labelOf(select));
    }
  };

  // The picture beside it is its label, and pictures have no words for everybody.
  const nameSearch = () => {
    const field = document.getElementById("searchbar");
    field?.setAttribute("aria-label", document.querySelector("#changelist-search input[type=submit]").value);
  };

  const nameAll = () => {
    nameSearch();
    nameRows();
    nameMoments();
    nameChoices();
  };
  // After what the pages themselves do once they are there, such as drawing the field that searches.
  window.addEventListener("load", () => (window.django?.jQuery ? django.jQuery(() => setTimeout(nameAll)) : nameAll()));
  document.addEventListener("formset:added", nameAll);
})();
