/* Single keys. `/` searches, `j` and `k` walk through the rows, `?` lists the keys; an element with
   data-key="c" is clicked by that key. They can be switched off in the list of keys. */
"use strict";

(() => {
  const SWITCH = "leadapp.keys";

  const areOn = () => localStorage.getItem(SWITCH) !== "off";

  const isWriting = (element) =>
    element.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);

  const rows = () => [...document.querySelectorAll(".leads tbody tr")].map((row) => row.querySelector("a"));

  const step = (by) => {
    const links = rows();
    const here = document.querySelector(".leads tr.is-here a");
    const next = links[here ? links.indexOf(here) + by : 0];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };

  const search = () => {
    const field = document.getElementById("search");
    field?.focus();
    field?.select();
  };

  const showKeys = () => {
    const dialog = document.getElementById("keys");
    if (dialog && !dialog.open) dialog.showModal();
  };

  const ACTIONS = { "/": search, j: () => step(1), k: () => step(-1), "?": showKeys };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!areOn() || isWriting(event.target) || document.querySelector("dialog[open]")) return;
    const own = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const action = own ? () => own.click() : ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // The row that holds the focus is the row that the keys start from.
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest(".leads tbody tr");
    if (!row) return;
    document.querySelector(".leads tr.is-here")?.classList.remove("is-here");
    row.classList.add("is-here");
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    const dialog = opener && document.getElementById(opener.dataset.open);
    if (dialog) dialog.showModal();
  });

  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = areOn();
    box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  }
})();
