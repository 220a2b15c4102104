/* The page of a call keeps what is typed: in this browser at once, on the server a second after the last key. What the
   server has not confirmed yet is put back when the page is opened again. Without this file the page is saved by its
   button alone. */
"use strict";

(() => {
  const WAIT = 1000;
  const RETRY = 5000;
  const UNSENT = ["csrfmiddlewaretoken", "version"];
  let timer = 0;
  let sending = false;
  let edits = 0;
  let over = false; // saved, or waiting for a decision between two windows

  const form = () => document.getElementById("call");
  const field = (name) => form().elements.namedItem(name);
  const say = (words) => {
    const place = document.getElementById("call-state");
    if (place && place.textContent !== words) place.textContent = words;
  };

  // What is said comes with the page.
  const words = () => document.getElementById("call-state").dataset;

  const read = () => Object.fromEntries([...new FormData(form())].filter(([name]) => !UNSENT.includes(name)));
  const stored = () => {
    try {
      return JSON.parse(localStorage.getItem(form().dataset.store));
    } catch {
      return null;
    }
  };
  const store = () => {
    const entry = { fields: read(), version: Number(field("version").value), at: Date.now() };
    localStorage.setItem(form().dataset.store, JSON.stringify(entry));
  };
  const forget = () => localStorage.removeItem(form()?.dataset.store ?? "");

  const fill = (fields) => {
    for (const [name, value] of Object.entries(fields)) {
      const control = field(name);
      if (control) control.value = value; // a RadioNodeList chooses the button with this value
    }
    for (const details of form().querySelectorAll("details.ask__also")) {
      details.open ||= [...details.querySelectorAll("[name$=-value]")].some((input) => input.value);
    }
  };

  const tellAhead = () => {
    const button = form().querySelector("button[name=then]");
    if (!button) return;
    button.disabled = document.getElementById("call-ahead").dataset.passes !== "yes";
    document.getElementById("move-why").textContent = document.getElementById("call-why").textContent;
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(send, wait);
  };

  const ask = (question, version) => {
    over = true;
    const box = document.getElementById("call-conflict");
    box.querySelector("[data-words]").textContent = question;
    box.dataset.version = version;
    box.hidden = false;
    say(words().kept);
  };

  const confirm = (answer, sent) => {
    field("version").value = answer.version;
    form().querySelector("[data-discard]").hidden = false;
    document.getElementById("call-ahead").outerHTML = answer.ahead;
    tellAhead();
    if (sent === edits) {
      forget();
      say(words().saved.replace("{time}", answer.at));
    } else {
      store();
      later(WAIT);
    }
  };

  const refuse = (status, answer) => {
    if (answer.saved) {
      over = true;
      forget();
      say(words().done);
    } else if (status === 409) {
      ask(answer.message, answer.version);
    } else if (status === 401) {
      say(words().out);
      document.dispatchEvent(new CustomEvent("leadapp:signed-out", { detail: { isQuiet: true } }));
    } else {
      say(`${answer.message ?? words().failed} ${words().kept}`);
      if (status >= 500) later(RETRY);
    }
  };

  const send = async () => {
    if (sending || over || !form()) return;
    sending = true;
    const sent = edits;
    try {
      const response = await fetch(form().dataset.draft, {
        method: "POST",
        body: new URLSearchParams(new FormData(form())),
        headers: { "HX-Request": "true", Accept: "application/json" },
      });
      const isJson = response.headers.get("Content-Type")?.includes("json");
      const answer = isJson ? await response.json() : {};
      if (over || !form()) return;
      if (response.ok) confirm(answer, sent);
      else refuse(response.status, answer);
    } catch {
      say(words().away);
      document.dispatchEvent(new Event("leadapp:away"));
      later(RETRY);
    } finally {
      sending = false;
    }
  };

  const typed = () => {
    edits += 1;
    store();
    if (over) return;
    if (!navigator.onLine) say(words().away);
    later(WAIT);
  };

  const begin = () => {
    const entry = stored();
    const here = Number(field("version").value);
    const isOurs = entry && (entry.version === here || entry.fields.tab === field("tab").value);
    if (entry && JSON.stringify(entry.fields) !== JSON.stringify(read())) {
      if (entry.version !== here && !isOurs) {
        ask(words().other, here);
        field("tab").value ||= crypto.randomUUID();
        return;
      }
      fill(entry.fields);
      edits += 1;
      say(words().putBack);
      later(WAIT);
    } else {
      forget();
    }
    field("tab").value ||= crypto.randomUUID();
    tellAhead();
  };

  document.addEventListener("input", (event) => {
    if (event.target.form === form() && form()) typed();
  });
  window.addEventListener("online", () => edits && send());
  document.addEventListener("leadapp:signed-in", () => edits && send());

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-mine]")) {
      const box = document.getElementById("call-conflict");
      const entry = stored();
      if (entry) fill(entry.fields);
      field("version").value = box.dataset.version;
      box.hidden = true;
      over = false;
      edits += 1;
      store();
      send();
    } else if (event.target.closest("[data-other]")) {
      forget();
      location.reload();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form()?.contains(event.target)) {
      event.preventDefault();
      form().requestSubmit(form().querySelector(".savebar .btn--primary"));
    }
  });

  // While the whole is being saved nothing is kept beside it; a late answer must not bring the draft back.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!form()?.contains(event.detail.elt)) return;
    clearTimeout(timer);
    over = true;
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) forget();
  });
  document.addEventListener("htmx:sendError", () => {
    over = false;
    store();
    say(words().again);
    later(RETRY);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "main" || !form()) return;
    over = false;
    tellAhead();
    document.querySelector(".error-summary, .notice--bad")?.focus();
  });

  if (form()) begin();
})();
