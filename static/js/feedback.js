/* What the page says while and after it talks to the server: a busy mark, toasts, and plain words when
   something went wrong. Nothing that was typed is ever thrown away. */
"use strict";

(() => {
  const reveal = (root) => {
    for (const element of root.querySelectorAll("[data-open][hidden], [data-close][hidden]")) element.hidden = false;
  };

  const filled = (text, isBad) => {
    const toast = document.getElementById("toast-blank").content.firstElementChild.cloneNode(true);
    toast.classList.toggle("toast--bad", isBad);
    toast.querySelector("p").textContent = text;
    return toast;
  };

  // Whoever is in a dialog reads what went wrong there: the page behind is out of reach.
  const say = (text, isBad = true) => {
    const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
    const old = dialog?.querySelector(".dialog__problem");
    if (!document.getElementById("toast-blank")) return;
    if (dialog && isBad) {
      const toast = filled(text, true);
      toast.className = "notice notice--bad dialog__problem";
      toast.setAttribute("role", "alert");
      toast.querySelector("button").remove();
      old?.remove();
      (dialog.querySelector(".dialog__body") ?? dialog).prepend(toast);
    } else {
      old?.remove();
      document.getElementById("toasts").replaceChildren(filled(text, isBad));
    }
  };
  document.addEventListener("leadapp:say", (event) => say(event.detail, false));
  document.addEventListener("leadapp:problem", (event) => say(event.detail));

  // A poll in the background stays quiet: the next one may work.
  const isPoll = (event) => event.detail.elt.hasAttribute("data-poll");
  const words = () => document.getElementById("connection")?.dataset ?? {};
  const away = () => document.dispatchEvent(new Event("leadapp:away"));

  // In a tab that nobody looks at polls rest; they ask at once when somebody looks again.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event) && document.hidden) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) htmx.trigger(document.body, "leadapp:seen");
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPoll(event)) event.detail.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    event.detail.target.removeAttribute("aria-busy");
  });

  // Pages that say no stand for themselves when opened; here only their sentence is of use.
  const sentence = (xhr) => {
    if (xhr.status < 400 || !xhr.responseText.includes("data-says")) return "";
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    return page.querySelector("[data-says]")?.textContent.trim() ?? "";
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!sentence(event.detail.xhr)) return;
    event.detail.shouldSwap = false;
    event.detail.isError = true;
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 401) {
      document.dispatchEvent(new CustomEvent("leadapp:signed-out", { detail: { isQuiet: isPoll(event) } }));
    } else if ([502, 503, 504].includes(xhr.status)) {
      away();
      if (!isPoll(event)) say(words().down);
    } else if (!isPoll(event)) {
      say(sentence(xhr) || words()[`on${xhr.status}`] || words().failed);
    }
  });
  document.addEventListener("htmx:sendError", (event) => {
    away();
    if (!isPoll(event)) say(navigator.onLine ? words().down : words().offline);
  });
  document.addEventListener("htmx:timeout", (event) => {
    if (!isPoll(event)) say(words().slow);
  });
  document.addEventListener("htmx:afterSwap", () => reveal(document));

  // A poll that says the same again must not be read out again.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, serverResponse } = event.detail;
    if (elt.hasAttribute("data-poll") && elt.innerHTML.trim() === serverResponse.trim()) {
      event.detail.shouldSwap = false;
    }
  });

  // What had the focus may be gone after a swap; htmx finds it again by its id, else it goes to where the page says,
  // or to its beginning. What is polled takes the focus from nobody.
  let hadFocus = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    hadFocus = event.detail.target.contains(document.activeElement);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (document.activeElement !== document.body) return;
    if (event.detail.target.hasAttribute("data-poll") && !hadFocus) return;
    (document.querySelector("[data-focus]") ?? document.getElementById("main"))?.focus({ preventScroll: true });
  });

  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close]");
    closer?.closest(closer.dataset.close)?.remove();
  });

  reveal(document);
})();
