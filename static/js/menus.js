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

  // Tabs scroll sideways on a phone: the current one is in sight.
  const showCurrentTab = () =>
    document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  showCurrentTab();
  document.addEventListener("htmx:afterSettle", showCurrentTab);
  document.addEventListener("focusin", (event) => {
    event.target.closest(".tabs a")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

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
