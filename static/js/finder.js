/* The search over everything. `/`, Ctrl-K and Cmd-K open it, and so does a click into the field of the header. The
   focus stays in its text; the arrows choose an option (aria-activedescendant), Enter opens it, and without a chosen
   one the leads are searched. Closed, it gives the focus back to what had it. */
"use strict";

(() => {
  const dialog = document.getElementById("finder");
  if (!dialog) return;
  const text = document.getElementById("finder-text");
  const list = document.getElementById("finder-list");

  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      text.setAttribute("aria-activedescendant", option.id);
    } else {
      text.removeAttribute("aria-activedescendant");
    }
  };

  const open = (words = "") => {
    if (document.querySelector("dialog[open]")) return;
    text.value = words;
    list.replaceChildren();
    dialog.showModal();
    text.focus();
    text.select();
    htmx.trigger(text, "finder:open");
  };
  document.addEventListener("leadapp:find", () => open());

  document.addEventListener("keydown", (event) => {
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isCommand || event.key.toLowerCase() !== "k" || event.isComposing) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });

  const field = document.getElementById("search");
  field?.addEventListener("click", () => open(field.value));

  text.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = options();
    const here = all.indexOf(chosen());
    if (event.key === "Enter" && here >= 0) {
      event.preventDefault();
      all[here].click();
    } else if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      choose(all[(here + 1) % all.length]);
    } else if (event.key === "ArrowUp" && all.length) {
      event.preventDefault();
      choose(all[(here <= 0 ? all.length : here) - 1]);
    }
  });

  // What comes for an older text than is there now is of no use; htmx lets only the newest through.
  list.addEventListener("htmx:afterSwap", () => {
    choose(null);
    text.setAttribute("aria-expanded", String(options().length > 0));
  });
  const fail = () => {
    const note = document.createElement("div");
    note.className = "finder__none";
    note.setAttribute("role", "option");
    note.setAttribute("aria-disabled", "true");
    note.setAttribute("aria-selected", "false");
    note.textContent = list.dataset.failed;
    list.replaceChildren(note);
    document.getElementById("finder-says").textContent = note.textContent;
  };
  text.addEventListener("htmx:sendError", fail);
  text.addEventListener("htmx:responseError", fail);

  // A link to a place on this very page loads nothing, so that the dialog would stay.
  list.addEventListener("click", (event) => {
    if (event.target.closest("a") && !event.ctrlKey && !event.metaKey && !event.shiftKey) dialog.close();
  });
  dialog.addEventListener("close", () => {
    choose(null);
    text.setAttribute("aria-expanded", "false");
  });
  document.getElementById("finder-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
})();
