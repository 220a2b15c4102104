/* The tracker of Leadapp: docs/tracker.md. Before a visitor agrees nothing is stored in the browser, and
   nothing is sent but, where the website says so, that somebody saw a page. No cookie, ever. */
(() => {
  "use strict";
  const tag = document.currentScript;
  const { site, consentVersion, beforeConsent } = tag.dataset;
  const version = Number(consentVersion) || 1;
  const address = new URL("t", tag.src).href;
  const forms = new URL("f/", tag.src).href;
  const KEY = "leadapp:" + site;
  const VISIT = 30 * 60e3, LONG = 180e3, MOST = 100, AT_ONCE = 50, LARGEST = 60e3;
  const now = () => Date.now();
  const saysNo = navigator.globalPrivacyControl || (navigator.doNotTrack || window.doNotTrack) === "1";
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // Only what says from where and what: other parameters may hold secrets.
  const clean = (text) => {
    const url = new URL(text, location.href);
    for (const name of [...url.searchParams.keys()]) if (!/^(utm_\w+|campaign)$/.test(name)) url.searchParams.delete(name);
    if (!url.hash.startsWith("#/")) url.hash = "";
    return url.href;
  };

  const store = (name, value) => {
    try {
      if (value) localStorage.setItem(KEY + name, JSON.stringify(value));
      else localStorage.removeItem(KEY + name);
    } catch { /* full, or forbidden: then for this page only */ }
  };
  const stored = (name) => {
    try { return JSON.parse(localStorage.getItem(KEY + name)); } catch { return null; }
  };
  const names = (start) => {
    try { return Object.keys(localStorage).filter((name) => name.startsWith(KEY + start)).map((name) => name.slice(KEY.length)); } catch { return []; }
  };

  const landing = { url: clean(location.href), referrer: document.referrer };
  const own = ":q:" + newId();
  let me = null; // whoever agreed: visitor, version, at, told, first, visits, last
  let queue = []; // events that no answer has confirmed; each has an id, so that it may come twice
  let who = null; // what the website knows about the visitor and has not told yet
  let view = null; // the page that is open
  let shown = 0, since = 0; // for how long it was in sight, in milliseconds
  let timer = 0, failures = 0, isBusy = false, carried = null;
  const used = new WeakSet(); // frames in which somebody has been

  const keep = () => { if (me) { store("", me); store(own, queue.length && queue); } };
  const soon = (seconds) => { if (!timer) timer = setTimeout(send, seconds * 1e3); };
  const post = (body) => fetch(address, { method: "POST", body, keepalive: true, credentials: "omit" });

  const push = (name, properties, more) => {
    const event = { id: newId(), name, at: now(), url: clean(location.href), title: document.title.slice(0, 300), properties, ...more };
    if (JSON.stringify(event).length > 8e3) return;
    queue = [...queue, event].slice(-MOST);
    keep();
    soon(2);
  };

  const measure = () => {
    if (since) shown += performance.now() - since;
    since = document.visibilityState === "visible" ? performance.now() : 0;
  };

  // The view of a page is told once, with the seconds so far; whoever comes back to it has read on.
  const report = () => {
    if (!me || !view) return;
    measure();
    const seconds = Math.round((shown - view.told) / 1e3);
    const { id, at, url, referrer } = view;
    if (!view.isTold) push("page_view", { seconds }, { id, at, url, referrer });
    else if (seconds >= 5) push("time_on_page", { seconds }, { url });
    else return;
    view.isTold = true;
    view.told = shown;
    me.last = now();
    keep();
  };

  const begin = (referrer) => {
    view = { id: newId(), at: now(), url: clean(location.href), referrer, told: 0, isTold: false };
    since = shown = 0;
    measure();
    if (!me && beforeConsent === "count" && !saysNo) {
      const { id, at, url } = view;
      post(JSON.stringify({ site, sent_at: now(), events: [{ id, name: "page_view", at, url }] })).catch(() => {});
    }
  };

  const moved = () => {
    if (!view || clean(location.href) === view.url) return;
    report();
    begin(view.url);
  };

  const comeBack = () => {
    const away = now() - me.last;
    me.last = now();
    if (away > VISIT) push("returning_visit", { visit: ++me.visits, days: Math.round(away / 864e5) });
    keep();
  };

  const message = (more) => JSON.stringify({
    site, sent_at: now(), visitor: me.visitor, consent: { version: me.version, at: me.at }, ...more,
  });

  function send(isLeaving) {
    clearTimeout(timer);
    timer = 0;
    if (!me || (isBusy && isLeaving !== true) || (me.told && !queue.length && !who)) return;
    let events = queue.slice(0, AT_ONCE), body;
    const identify = who || undefined;
    while (new Blob([(body = message({ first: me.first, identify, events }))]).size > LARGEST && events.length) events = events.slice(0, events.length >> 1);
    // A beacon gives no answer: what it carries stays in the queue, and comes again with the next page.
    if (isLeaving === true && navigator.sendBeacon) {
      if (carried === queue || navigator.sendBeacon(address, body)) {
        carried = queue;
        return;
      }
    }
    isBusy = true;
    post(body).then((answer) => {
      if (answer.status >= 500 || answer.status === 429) throw answer;
      if (!me) return;
      const done = new Set(events.map((event) => event.id));
      queue = queue.filter((event) => !done.has(event.id));
      if (who === identify) who = null;
      failures = 0;
      me.told = me.told || answer.ok;
      keep();
      handOver();
      if (queue.length || who) soon(1);
      if (answer.status !== 204) return answer.json().then((told) => console.warn("Leadapp:", told));
    }).catch(() => soon(Math.min(300, 2 * 2 ** failures++))).finally(() => { isBusy = false; });
  }

  // Forms of Leadapp on this page learn who it is, so that what was done before counts, and what is known
  // is not asked again. A frame that somebody has begun to fill in is left alone.
  function handOver() {
    if (!me || !me.told) return;
    for (const frame of document.querySelectorAll("iframe")) {
      const link = frame.src.startsWith(forms) && !used.has(frame) && linked(frame.src);
      if (!link || link === frame.src) continue;
      const other = frame.cloneNode(); // a new address in the same frame would be one more step back
      other.src = link;
      frame.replaceWith(other);
    }
    for (const form of document.forms) {
      if (!(form.getAttribute("action") || "").startsWith(forms)) continue;
      const field = form.querySelector("[name=visitor_id]") || form.appendChild(document.createElement("input"));
      Object.assign(field, { type: "hidden", name: "visitor_id", value: me.visitor });
    }
  }

  const linked = (href) => {
    const url = new URL(href);
    for (const [name, value] of new URL(me.first.url).searchParams) if (!url.searchParams.has(name)) url.searchParams.set(name, value);
    if (me.first.referrer) url.searchParams.set("referrer", me.first.referrer);
    url.searchParams.set("visitor", me.visitor);
    return url.href;
  };

  const commands = {
    track: (name, properties) => { if (me) push(String(name), properties || {}); },
    identify: (facts) => {
      if (JSON.stringify(facts).length > 8e3) return;
      who = facts;
      if (me) soon(0);
    },
    visitor: (tell) => tell(me && me.visitor),
    consent: (isGiven) => {
      if (isGiven && !saysNo) {
        if (me && me.version >= version) return;
        const isNew = !me;
        me = { visitor: newId(), first: landing, visits: 1, last: now(), ...me, version, at: now(), told: false };
        keep();
        if (isNew) begin(document.referrer);
        send();
      } else if (me) {
        const body = message({ withdrawn: true });
        const tell = (left) => post(body).then((answer) => { if (answer.status >= 500) throw answer; }).catch(() => { if (left) setTimeout(tell, 5e3, left - 1); });
        forget();
        tell(20);
      }
    },
  };

  function forget() {
    for (const name of names("")) store(name);
    me = who = null;
    queue = [];
  }

  function start() {
    const asked = (window.leadapp && window.leadapp.q) || [];
    window.leadapp = (command, ...rest) => { if (commands[command]) commands[command](...rest); };
    me = stored("");
    if (me && saysNo) commands.consent(false);
    if (me) {
      for (const name of names(":q:")) {
        queue = [...queue, ...(stored(name) || [])].slice(-MOST);
        store(name);
      }
      comeBack();
      if (queue.length) soon(2);
    }
    begin(document.referrer);
    handOver();
    for (const name of ["pushState", "replaceState"]) {
      const old = history[name];
      history[name] = function (...rest) { old.apply(this, rest); moved(); };
    }
    addEventListener("popstate", moved);
    addEventListener("hashchange", moved);
    addEventListener("online", () => send());
    addEventListener("load", handOver);
    addEventListener("blur", () => used.add(document.activeElement || tag));
    addEventListener("pagehide", () => { report(); send(true); });
    // Another tab has agreed, or taken it back.
    addEventListener("storage", ({ key, newValue }) => {
      if (key !== KEY) return;
      if (!newValue) return forget();
      const isNew = !me;
      me = JSON.parse(newValue);
      if (isNew) begin(document.referrer);
    });
    document.addEventListener("visibilitychange", () => {
      measure();
      if (document.visibilityState === "hidden") { report(); send(true); }
      else if (me) {
        comeBack();
        if (queue.length) soon(2);
      }
    });
    document.addEventListener("click", ({ target }) => {
      const link = me && me.told && target.closest && target.closest("a[href]");
      if (link && link.href.startsWith(forms)) link.href = linked(link.href);
    }, true);
    setInterval(() => {
      measure();
      if (me && view && !view.isTold && shown > LONG) report();
    }, 15e3);
    for (const call of asked) window.leadapp(...call);
  }

  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
})();
