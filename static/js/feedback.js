/* What the page says while and after it talks to the server: a busy mark, toasts, and plain words when
   something went wrong. Nothing that was typed is ever thrown away. */
"use strict";

(() => {
  const PROBLEMS = {
    401: "You are signed out. Nothing was saved.",
    403: "You may not do this. Nothing was saved.",
    404: "This is not there any more.",
    413: "That is too much at once. Nothing was saved.",
    429: "That was a bit quick. Wait a moment and try again.",
  };

  const reveal = (root) => {
    for (const element of root.querySelectorAll("[data-open][hidden], [data-close][hidden]")) element.hidden = false;
  };

  const say = (text, link) => {
    const place = document.getElementById("toasts");
    if (!place) return;
    const toast = document.createElement("div");
    toast.className = "toast toast--bad";
    const words = document.createElement("p");
    words.textContent = text;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link;
      anchor.textContent = "Sign in";
      words.append(" ", anchor);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn--quiet btn--sm";
    close.dataset.close = ".toast";
    close.textContent = "Close";
    toast.append(words, close);
    place.replaceChildren(toast);
  };

  // A poll in the background stays quiet: the next one may work.
  const isPoll = (event) => event.detail.elt.hasAttribute("data-poll");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPoll(event)) event.detail.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    event.detail.target.removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    const here = encodeURIComponent(location.pathname + location.search);
    if (status === 401) say(PROBLEMS[401], `/accounts/login/?next=${here}`);
    else if (!isPoll(event)) say(PROBLEMS[status] ?? "The server could not do this. Try again in a moment.");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!isPoll(event)) say("No connection. Nothing was saved; try again when you are online.");
  });
  document.addEventListener("htmx:afterSwap", () => reveal(document));

  // A poll that says the same again must not be read out again.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, serverResponse } = event.detail;
    if (elt.hasAttribute("data-poll") && elt.innerHTML.trim() === serverResponse.trim()) {
      event.detail.shouldSwap = false;
    }
  });

  // What had the focus may be gone after a swap; htmx finds it again by its id, else it goes to the heading.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.detail.target.hasAttribute("data-poll") && document.activeElement === document.body) {
      document.querySelector("[data-focus]")?.focus({ preventScroll: true });
    }
  });

  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close]");
    closer?.closest(closer.dataset.close)?.remove();
  });

  reveal(document);
})();
