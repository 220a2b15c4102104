/* Menus are <details>: a click elsewhere or Escape closes them. A filter chip opens the panel of
   filters at its own field; without this script it opens the page of filters instead. */
"use strict";

(() => {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) && !event.target.closest("[data-filter]")) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // Tabs scroll sideways on a phone: the current one is in sight. The page itself stays where it is.
  const showTab = (tab) => {
    const strip = tab?.closest(".tabs");
    if (!strip) return;
    const { left, right } = tab.getBoundingClientRect();
    const edge = strip.getBoundingClientRect();
    strip.scrollLeft += Math.min(left - edge.left, 0) || Math.max(right - edge.right, 0);
  };
  const showCurrentTab = () => showTab(document.querySelector(".tabs [aria-current]"));
  showCurrentTab();
  document.addEventListener("htmx:afterSettle", showCurrentTab);
  document.addEventListener("focusin", (event) => showTab(event.target.closest(".tabs a")));

  let wanted = "";
  const focusWanted = () => {
    const field = wanted && document.getElementById(`id_${wanted}`);
    if (!field) return;
    (field.matches("fieldset") ? field.querySelector("input") : field).focus();
    wanted = "";
  };

  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-filter]");
    const panel = document.getElementById("filters");
    if (!chip || !panel || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (chip.dataset.filter === "q") {
      document.getElementById("search").focus();
      return;
    }
    wanted = chip.dataset.filter;
    panel.open = true;
    focusWanted();
  });
  document.addEventListener("htmx:afterSettle", focusWanted);
})();
