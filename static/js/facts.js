/* Facts that are edited where they stand. A click on a value, or its pencil, turns the line into its field; Enter
   saves, Escape gives up and puts the line back as it was. The focus stays with the line. */
"use strict";

(() => {
  const before = new Map();

  const fieldOf = (line) =>
    line.querySelector("[aria-invalid=true]") ?? line.querySelector("input:not([type=hidden]), select, textarea");

  // A click on the value, but not on a link in it, nor when somebody marks the text to copy it.
  document.addEventListener("click", (event) => {
    const line = event.target.closest(".fact:not(.fact--open)");
    if (!line || event.target.closest("a, button") || String(getSelection())) return;
    line.querySelector(".fact__edit")?.click();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const line = event.detail.target;
    if (!line?.matches(".fact:not(.fact--open)")) return;
    const old = line.cloneNode(true);
    old.removeAttribute("aria-busy");
    before.set(line.id, old);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const line = event.target;
    if (!line.matches?.(".fact") || line !== document.getElementById(line.id)) return;
    if (line.matches(".fact--open")) {
      const field = fieldOf(line);
      field?.focus();
      field?.select?.();
    } else if (before.delete(line.id)) {
      line.querySelector(".fact__edit")?.focus();
    }
  });

  const giveUp = (line) => {
    const old = before.get(line.id);
    if (!old) return false;
    before.delete(line.id);
    line.replaceWith(old);
    htmx.process(old);
    old.querySelector(".fact__edit")?.focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const line = event.key === "Escape" && !event.isComposing && event.target.closest?.(".fact--open");
    if (line && giveUp(line)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-give-up]")?.closest(".fact--open");
    if (line && giveUp(line)) event.preventDefault();
  });
})();
