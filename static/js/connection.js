/* Whether the server is there and still knows who this is. A form is sent once the server has said so; until then
   what was typed stays where it is. Without this file the browser says what went wrong, and a form that was sent
   signed out can be sent again. */
"use strict";

(() => {
  const place = document.getElementById("connection");
  if (!place) return;
  const words = place.dataset;
  const AGAIN = 3000;
  const LONGEST = 10000;
  let state = ""; // or offline, down, out
  let timer = 0;

  // Whoever signs in, in whichever tab, gets another token; forms that are open need it.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const freshen = () => {
    const now = token();
    if (now) for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = now;
  };
  document.addEventListener("htmx:configRequest", (event) => {
    const now = token();
    if (!now) return;
    event.detail.headers["X-CSRFToken"] = now;
    if ("csrfmiddlewaretoken" in event.detail.parameters) event.detail.parameters.csrfmiddlewaretoken = now;
  });

  const look = async () => {
    if (!navigator.onLine) return "offline";
    try {
      const headers = { "HX-Request": "true" };
      const answer = await fetch(words.ask, { headers, cache: "no-store", signal: AbortSignal.timeout(LONGEST) });
      if (answer.status === 401) return "out";
      return [502, 503, 504].includes(answer.status) ? "down" : "";
    } catch {
      return navigator.onLine ? "down" : "offline";
    }
  };

  const show = (next) => {
    clearTimeout(timer);
    const was = state;
    state = next;
    if (next === "offline" || next === "down") timer = setTimeout(check, AGAIN);
    if (next === was) return;
    place.hidden = !next;
    place.querySelector("p").textContent = next ? words[next] : "";
    place.querySelector("button").hidden = next !== "out";
    if (!next && was !== "out") document.dispatchEvent(new CustomEvent("leadapp:say", { detail: words.back }));
  };
  const check = async () => {
    show(await look());
    return state;
  };

  window.addEventListener("offline", () => show("offline"));
  window.addEventListener("online", check);
  document.addEventListener("leadapp:away", check);

  const dialog = document.getElementById("sign-in");
  const ask = () => {
    show("out");
    if (dialog.open) return;
    htmx.ajax("GET", words.signIn, { source: place, target: "#sign-in-form", swap: "innerHTML" });
    dialog.showModal();
  };
  document.addEventListener("leadapp:signed-out", (event) => (event.detail?.isQuiet ? show("out") : ask()));
  place.querySelector("button").addEventListener("click", ask);

  document.addEventListener("leadapp:signed-in", (event) => {
    if (String(event.detail.user) !== words.user) {
      location.reload(); // somebody else: this page is not theirs
      return;
    }
    freshen();
    dialog.close();
    show("");
    document.dispatchEvent(new CustomEvent("leadapp:say", { detail: words.signedIn }));
  });
  window.addEventListener("focus", async () => {
    if (state === "out") await check();
    freshen();
  });

  // A form that the browser sends itself would leave the page, and take what was typed along.
  const cleared = new WeakSet();
  const asking = new WeakSet();
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || cleared.has(form)) return;
    event.preventDefault();
    if (asking.has(form)) return;
    asking.add(form);
    const problem = await check();
    asking.delete(form);
    if (problem === "out") return ask();
    if (problem) return document.dispatchEvent(new CustomEvent("leadapp:problem", { detail: words[problem] }));
    freshen();
    cleared.add(form);
    form.requestSubmit(submitter);
    cleared.delete(form);
  });

  // While nothing answers, a link would lead to a page of the browser's.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href]");
    if (!["offline", "down"].includes(state) || !link || event.defaultPrevented) return;
    if (link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    if (!(await check())) location.assign(link.href);
  });
})();
