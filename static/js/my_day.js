/* My day. A form of one key opens below its row; what usually comes next is told as the outcome is chosen; after
   saving the focus is on the row that follows. Without this file every form is a page of its own. */
"use strict";

(() => {
  const form = () => document.getElementById("log");
  const linkOf = (row) => row?.querySelector("[data-row-link]");

  const goOn = () => linkOf(document.querySelector(".task[data-here]"))?.focus();

  const tellUsual = (radio) => {
    const place = document.getElementById("usual");
    if (place) place.textContent = radio?.dataset.usual ? place.dataset.then.replace("{usual}", radio.dataset.usual) : "";
  };

  const close = () => {
    const row = form()?.closest(".task");
    if (!row) return;
    form().remove();
    linkOf(row)?.focus();
  };

  // One form at a time: another one takes its place.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.classList.contains("task__panel")) form()?.remove();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "main") return goOn();
    if (!form() || event.detail.target.hasAttribute("data-poll")) return;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    form().scrollIntoView({ block: "nearest" });
    const wrong = form().querySelector("[aria-invalid=true]");
    const first = form().querySelector("input:checked, input:not([type=hidden])");
    (wrong ?? first)?.focus();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("#log [data-usual]")) tellUsual(event.target);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#log [data-cancel]") || !form()?.closest(".task")) return;
    event.preventDefault();
    close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
    // In a text of several lines Enter begins a new one.
    const isSaving = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (isSaving && form()?.contains(event.target)) form().requestSubmit();
  });

  goOn();
})();
