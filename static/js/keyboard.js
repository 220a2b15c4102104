/* Single keys. `/` searches everything (finder.js), `j` and `k` walk through the rows, `?` lists the keys; an element with
   data-key="c" is clicked by that key, one with data-row-key="c" if it is in the row that the keys are at. Inside a
   form with data-keys only its own keys count. They can be switched off in the list of keys. */
"use strict";

(() => {
  const SWITCH = "leadapp.keys";
  const PLACE = "leadapp.row ";

  const areOn = () => localStorage.getItem(SWITCH) !== "off";

  const isWriting = (element) =>
    element.isContentEditable ||
    (["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName) && !["radio", "checkbox"].includes(element.type));

  const ROW = ".leads tbody tr, .tasks .task, .fact";
  const rows = () => [...document.querySelectorAll(ROW)];
  const current = () => rows().find((row) => row.classList.contains("is-here"));

  const linkOf = (row) => row?.querySelector("[data-row-link]") ?? row?.querySelector("a");

  const goTo = (row) => {
    const link = linkOf(row);
    link?.focus();
    link?.scrollIntoView({ block: "nearest" });
  };

  const step = (by) => {
    const all = rows();
    const here = current();
    goTo(all[here ? all.indexOf(here) + by : 0]);
  };

  const search = () => document.dispatchEvent(new Event("leadapp:find"));

  const showKeys = () => {
    const dialog = document.getElementById("keys");
    if (dialog && !dialog.open) dialog.showModal();
  };

  const ACTIONS = { "/": search, j: () => step(1), n: () => step(1), k: () => step(-1), "?": showKeys };

  const withKey = (key, place) => {
    const name = CSS.escape(key);
    const form = place.closest("[data-keys]");
    if (form) return form.querySelector(`[data-key="${name}"]`);
    const row = current() ?? rows().find((each) => each.querySelector(`[data-row-key="${name}"]`));
    return row?.querySelector(`[data-row-key="${name}"]`) ?? document.querySelector(`[data-key="${name}"]`);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!areOn() || isWriting(event.target) || document.querySelector("dialog[open]")) return;
    const own = withKey(event.key, event.target);
    const action = own ? () => own.click() : event.target.closest("[data-keys]") ? null : ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // The row that holds the focus is the row that the keys start from.
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest(ROW);
    if (!row) return;
    current()?.classList.remove("is-here");
    row.classList.add("is-here");
    const left = linkOf(row)?.pathname;
    if (left) sessionStorage.setItem(PLACE + location.href, left);
  });

  // Whoever comes back to a list goes on at the row that they left from.
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
    const left = sessionStorage.getItem(PLACE + location.href);
    if (left) goTo(rows().find((row) => linkOf(row)?.pathname === left));
  }

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
