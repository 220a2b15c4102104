/* Buttons that copy a text. Without this script one selects the text, which stands there to be selected. */
"use strict";

(() => {
  const show = (root) => {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };

  const say = (button, words) => {
    const before = button.dataset.words || button.textContent;
    button.dataset.words = before;
    button.textContent = words;
    const status = button.closest(".snippet")?.querySelector("[role=status]");
    if (status) status.textContent = words;
    setTimeout(() => { button.textContent = before; if (status) status.textContent = ""; }, 4000);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
      say(button, button.dataset.copied);
    } catch {
      // Not over plain http, and not where the browser forbids it.
      say(button, button.dataset.selected);
    }
  });

  document.addEventListener("DOMContentLoaded", () => show(document));
  document.addEventListener("htmx:afterSwap", (event) => show(event.target));
  show(document);
})();
