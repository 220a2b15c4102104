/* Questions of the lead page. A link with data-ask opens its page as a dialog; after the answer the focus goes
   back to what had opened it. Without this file every question is a page of its own. */
"use strict";

(() => {
  let openedBy = "";

  const place = () => document.getElementById("dialog");

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-ask]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openedBy = (link.closest("details.menu")?.querySelector("summary") ?? link).id;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    htmx.ajax("GET", link.href, { source: link, target: "#dialog", swap: "innerHTML" });
  });

  // A refusal comes with its own status and says where it belongs: it is shown, not only reported.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.status < 500 && xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = place()?.querySelector("dialog");
    if (dialog && !dialog.open) {
      dialog.showModal();
      const first =
        dialog.querySelector("[aria-invalid=true]") ??
        dialog.querySelector("input:not([type=hidden]):not([type=radio]), textarea, select, input:checked");
      first?.focus();
      return;
    }
    // The whole page was put in anew: whoever works by keyboard goes on where they were.
    if (event.detail.target?.id === "main" && openedBy) {
      (document.getElementById(openedBy) ?? document.getElementById("lead-name"))?.focus();
      openedBy = "";
    }
  });

  const dismiss = (dialog) => {
    dialog.close();
    dialog.remove();
    document.getElementById(openedBy)?.focus();
    document.dispatchEvent(new Event("leadapp:dismissed"));
  };

  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("[data-dismiss]")?.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dismiss(dialog);
  });
  document.addEventListener("cancel", (event) => {
    if (event.target.id === "question") {
      event.preventDefault();
      dismiss(event.target);
    }
  }, true);
})();
