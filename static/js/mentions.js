/* Offers people while somebody types "@" and the beginning of a name in a note. The arrows choose, Enter or Tab takes,
   Escape closes. The focus stays in the text. Without this file @username works just as well. */
"use strict";

(() => {
  const BEGUN = /(?:^|[^\w.+@-])@([\w.+-]{0,40})$/u;
  let list = null;
  let asked = 0;

  // Once it is closed, what is still under way is of no use.
  const close = () => {
    asked += 1;
    list?.field.removeAttribute("aria-activedescendant");
    list?.element.remove();
    list = null;
  };

  const options = () => [...(list?.element.querySelectorAll("[role=option]") ?? [])];
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    list.field.setAttribute("aria-activedescendant", option.id);
  };

  const begun = (field) => BEGUN.exec(field.value.slice(0, field.selectionStart))?.[1];

  const take = (option) => {
    const { field } = list;
    const end = field.selectionStart;
    const start = end - begun(field).length;
    field.setRangeText(`${option.dataset.mention} `, start, end, "end");
    close();
    field.focus();
  };

  const show = (field, html) => {
    close();
    const element = document.createElement("ul");
    element.className = "mentions";
    element.id = `${field.id}-people`;
    element.setAttribute("role", "listbox");
    element.setAttribute("aria-label", field.dataset.mentionsLabel);
    element.innerHTML = html;
    if (!element.querySelector("[role=option]")) return;
    field.after(element);
    field.setAttribute("aria-controls", element.id);
    list = { field, element };
    choose(options()[0]);
    element.addEventListener("mousedown", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      event.preventDefault();
      take(option);
    });
  };

  document.addEventListener("input", async (event) => {
    const field = event.target;
    if (!field.matches?.("[data-mentions]")) return;
    const text = begun(field);
    const mine = (asked += 1);
    if (text === undefined) return close();
    try {
      const answer = await fetch(`${field.dataset.mentions}?q=${encodeURIComponent(text)}`);
      const html = answer.ok && !answer.redirected ? await answer.text() : "";
      if (mine === asked && begun(field) === text && document.activeElement === field) show(field, html);
    } catch {
      if (mine === asked) close();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== list.field || event.isComposing) return;
    const all = options();
    const here = all.indexOf(chosen());
    const does = {
      ArrowDown: () => choose(all[(here + 1) % all.length]),
      ArrowUp: () => choose(all[(here - 1 + all.length) % all.length]),
      Enter: () => take(all[here]),
      Tab: () => take(all[here]),
      Escape: close,
    }[event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  }, true);

  // Whoever presses a button below the list means that button: it stays where it is until it is released.
  let isPressed = false;
  const release = () => {
    isPressed = false;
    setTimeout(() => {
      if (list && document.activeElement !== list.field) close();
    });
  };
  document.addEventListener("pointerdown", () => {
    isPressed = true;
  }, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  document.addEventListener("focusout", (event) => {
    if (list && event.target === list.field && !isPressed) close();
  });
})();
