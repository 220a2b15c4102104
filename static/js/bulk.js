/* Choosing leads of the list: how many are chosen, all of the page at once, none with Escape. Without this
   file each is chosen by itself. */
"use strict";

(() => {
  const boxes = () => [...document.querySelectorAll('.c-check [name="lead"]')];

  const count = () => {
    const all = boxes();
    const chosen = all.filter((box) => box.checked).length;
    const words = document.getElementById("bulk-count");
    if (words) words.textContent = chosen ? `${chosen} chosen` : "";
    const every = document.getElementById("pick-all");
    if (!every) return;
    every.hidden = false;
    every.checked = chosen > 0 && chosen === all.length;
    every.indeterminate = chosen > 0 && chosen < all.length;
  };

  const choose = (isChosen) => {
    for (const box of boxes()) box.checked = isChosen;
    count();
  };

  document.addEventListener("change", (event) => {
    if (event.target.id === "pick-all") choose(event.target.checked);
    else if (event.target.matches('.c-check [name="lead"]')) count();
  });
  document.addEventListener("reset", (event) => {
    if (event.target.id === "bulk") choose(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest(".c-check, #bulk")) choose(false);
  });
  // A browser that goes back in its history keeps what was chosen.
  window.addEventListener("pageshow", count);
  document.addEventListener("htmx:afterSettle", count);
  count();
})();
