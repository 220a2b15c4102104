/* Clocks count on while a page stays open, once a minute, in the working time of the team. Without this
   script the words of the server stand. Nothing is announced: the words change where they are. */
"use strict";

(() => {
  const MINUTE = 60;
  const HOUR = 60 * MINUTE;
  const SOON = 4 * HOUR;
  // By how much this computer's clock differs from the server's, by the clock that it showed first.
  const offsets = new WeakMap();

  const seconds = () => Math.floor(Date.now() / 1000);

  const see = () => {
    for (const clock of document.querySelectorAll(".sla[data-left]")) {
      if (!offsets.has(clock)) offsets.set(clock, seconds() - Number(clock.dataset.now));
    }
  };

  const words = document.getElementById("clock-words")?.dataset ?? {};
  const written = (span) => {
    const hours = Math.floor(span / HOUR);
    const minutes = Math.floor((span % HOUR) / MINUTE);
    if (!hours) return words.minutes.replace("{minutes}", minutes);
    if (hours >= 4 || !minutes) return words.hours.replace("{hours}", hours);
    return words.both.replace("{hours}", hours).replace("{minutes}", String(minutes).padStart(2, "0"));
  };

  // How much of the team's hours has passed since the server wrote them down.
  const worked = (clock, now) => {
    const spans = clock.dataset.open.split(" ").filter(Boolean).map((span) => span.split("-").map(Number));
    return spans.reduce((sum, [opens, closes]) => sum + Math.max(0, Math.min(now, closes) - opens), 0);
  };

  const count = (clock) => {
    const now = seconds() - offsets.get(clock);
    // The server wrote down the hours of some days only.
    if (now > Number(clock.dataset.until)) return;
    const left = Number(clock.dataset.left) - worked(clock, now);
    const isLate = left < 0 || clock.classList.contains("sla--late");
    clock.classList.toggle("sla--late", isLate);
    clock.classList.toggle("sla--soon", !isLate && left <= SOON);
    clock.classList.toggle("sla--ok", !isLate && left > SOON);
    clock.querySelector("use").setAttribute("href", isLate ? "#i-alert" : "#i-clock");
    const place = clock.querySelector("[data-words]");
    const text = (isLate ? words.late : words.left).replace("{span}", written(Math.abs(left)));
    if (place.textContent !== text) place.textContent = text;
  };

  see();
  document.addEventListener("htmx:load", see);
  setInterval(() => {
    see();
    document.querySelectorAll(".sla[data-left]").forEach(count);
  }, MINUTE * 1000);
})();
