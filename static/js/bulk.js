/* Choosing leads of the list: how many are chosen, a stretch with Shift, all of the page at once, none with
   Escape. The words come from the page. Without this file each is chosen by itself. */
"use strict";

(() => {
  const boxes = () => [...document.querySelectorAll('.c-check [name="lead"]')];
  const everyOne = () => document.querySelector('#bulk [name="all"]');
  let last = null;

  const count = () => {
    const all = boxes();
    const chosen = all.filter((box) => box.checked).length;
    const words = document.getElementById("bulk-count");
    if (words) {
      const some = chosen ? words.dataset.some.replace("%s", chosen) : "";
      const number = document.getElementById("all-number")?.textContent;
      words.textContent = everyOne()?.checked ? words.dataset.all.replace("%s", number) : some;
    }
    const every = document.getElementById("pick-all");
    if (!every) return;
    every.hidden = false;
    every.checked = chosen > 0 && chosen === all.length;
    every.indeterminate = chosen > 0 && chosen < all.length;
  };

  const choose = (isChosen) => {
    for (const box of boxes()) box.checked = isChosen;
    const every = everyOne();
    if (every && !isChosen) every.checked = false;
    count();
  };

  // With Shift all between the last one and this one are as this one.
  const stretch = (box) => {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const each of all.slice(from, to)) each.checked = box.checked;
  };

  document.addEventListener("click", (event) => {
    if (!event.target.matches('.c-check [name="lead"]')) return;
    if (event.shiftKey && last?.isConnected && last !== event.target) stretch(event.target);
    last = event.target;
    count();
  });
  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.id === "pick-all") choose(target.checked);
    else if (target === everyOne()) choose(target.checked);
    else if (target.matches('.c-check [name="lead"]')) {
      const every = everyOne();
      if (every && !target.checked) every.checked = false;
      count();
    }
  });
  // The bar goes; what had the focus in it gives it back to the box that was ticked last.
  const clear = () => {
    const hadFocus = document.getElementById("bulk")?.contains(document.activeElement);
    choose(false);
    if (hadFocus) (last?.isConnected ? last : document.getElementById("pick-all"))?.focus();
  };
  document.addEventListener("reset", (event) => {
    if (event.target.id === "bulk") clear();
  });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== "Escape" || target.closest("details.menu")) return;
    if (target === document.body || target.closest("#list")) clear();
  });
  // A browser that goes back in its history keeps what was chosen.
  window.addEventListener("pageshow", count);
  document.addEventListener("htmx:afterSettle", count);
  count();
})();
