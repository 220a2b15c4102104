/* Names for what the stock pages of the admin leave without one, so that a screen reader can say what a field is:
   fields in rows below a heading, both parts of a moment, and the field that searches while one types. */
"use strict";

(() => {
  const words = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const labelOf = (field) => words(document.querySelector(`label[for="${CSS.escape(field.id)}"]`));

  const nameRows = () => {
    for (const table of document.querySelectorAll(".tabular table")) {
      const heads = [...table.querySelectorAll("thead th")];
      for (const head of heads) if (!words(head)) head.setAttribute("role", "presentation");
      for (const field of table.querySelectorAll("tbody :is(input:not([type=hidden]), select, textarea)")) {
        const at = field.closest("td")?.cellIndex ?? 0;
        if (!labelOf(field) && words(heads[at - 1])) field.setAttribute("aria-label", words(heads[at - 1]));
      }
    }
  };

  const nameMoments = () => {
    for (const field of document.querySelectorAll(".vDateField, .vTimeField")) {
      const name = words(field.closest(".form-row")?.querySelector("label, legend"));
      if (!labelOf(field) && name) field.setAttribute("aria-label", name);
    }
  };

  const nameSearches = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.parentElement.querySelector(".select2-selection");
      if (!box || !labelOf(select)) continue;
      box.setAttribute("aria-label", labelOf(select));
      box.querySelector("[role=textbox]")?.setAttribute("aria-label", labelOf(select));
    }
  };

  const nameAll = () => {
    nameRows();
    nameMoments();
    nameSearches();
  };
  window.addEventListener("load", nameAll);
  document.addEventListener("formset:added", nameAll);
})();
