/* The board: cards are dragged to another stage, or carried there by keyboard. The server decides; a card
   always goes back to the stage that the server last said. Without this file the menus of the cards do it. */
"use strict";

(() => {
  let carried = null; // by keyboard
  let dragged = null; // by pointer
  let asked = ""; // the id of the card whose question is open
  let isMoving = false; // a card that moves in the page loses the focus for a moment

  const board = () => document.getElementById("board");
  const lanes = () => [...document.querySelectorAll(".lane")];
  const laneOf = (stage) => lanes().find((lane) => lane.dataset.stage === stage);
  const nameOf = (card) => card.querySelector(".kard__name");
  const say = (text) => {
    const live = document.getElementById("board-live");
    if (live) live.textContent = text;
  };
  // The words come with the page: "{card} is back in {lane}."
  const tell = (what, card, stage) =>
    say(
      document
        .getElementById("board-live")
        .dataset[what].replace("{card}", nameOf(card).textContent)
        .replace("{lane}", laneOf(stage).dataset.label),
    );

  const put = (card, list, before) => {
    const hadFocus = card.contains(document.activeElement);
    isMoving = true;
    list.insertBefore(card, before ?? null);
    if (hadFocus) nameOf(card).focus();
    isMoving = false;
  };

  // Where the server says that it is, in the order of the lane.
  const settle = (card) => {
    const list = laneOf(card.dataset.stage)?.querySelector(".lane__list");
    if (!list) return;
    const below = [...list.children].find(
      (other) =>
        other !== card &&
        (other.matches(".lane__more") || Number(other.dataset.priority) < Number(card.dataset.priority)),
    );
    put(card, list, below);
    card.classList.remove("is-carried");
  };

  const drop = async (card, stage) => {
    card.classList.remove("is-carried");
    if (stage === card.dataset.stage) {
      settle(card);
      return;
    }
    const { id } = card;
    const hadFocus = card.contains(document.activeElement);
    const { lead, stage: seen } = card.dataset;
    const values = { lead, to_stage: stage, seen_stage: seen, whose: board().dataset.whose };
    try {
      await htmx.ajax("POST", board().dataset.move, { source: card, target: "#board-said", swap: "innerHTML", values });
    } catch {
      // What went wrong is said by feedback.js.
    }
    const now = document.getElementById(id);
    if (!now || asked === id) return;
    settle(now);
    if (hadFocus) nameOf(now).focus();
  };

  document.addEventListener("leadapp:ask", (event) => {
    asked = event.target.id;
    htmx.ajax("GET", event.detail.url, { source: event.target, target: "#dialog", swap: "innerHTML" });
  });

  document.addEventListener("leadapp:dismissed", () => {
    const card = asked && document.getElementById(asked);
    asked = "";
    if (!card) return;
    settle(card);
    nameOf(card).focus();
    tell("back", card, card.dataset.stage);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "main") asked = "";
  });

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.(".kard[draggable=true]");
    if (!card) return;
    dragged = card;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", nameOf(card).textContent);
    card.classList.add("is-dragged");
  });

  const over = (lane) => {
    for (const each of lanes()) each.classList.toggle("is-over", each === lane);
  };

  document.addEventListener("dragover", (event) => {
    const lane = dragged && event.target.closest(".lane");
    over(lane);
    if (lane) event.preventDefault();
  });

  document.addEventListener("drop", (event) => {
    const lane = dragged && event.target.closest(".lane");
    if (!lane) return;
    event.preventDefault();
    const card = dragged;
    if (lane.dataset.stage !== card.dataset.stage) {
      const list = lane.querySelector(".lane__list");
      put(card, list, list.firstElementChild);
    }
    drop(card, lane.dataset.stage);
  });

  document.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    over(null);
  });

  const pickUp = (card) => {
    carried = card;
    card.classList.add("is-carried");
    tell("picked", card, card.dataset.stage);
  };

  const carry = (by) => {
    const all = lanes();
    const next = all[all.indexOf(carried.closest(".lane")) + by];
    if (!next) return;
    const list = next.querySelector(".lane__list");
    put(carried, list, list.firstElementChild);
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    tell("over", carried, next.dataset.stage);
  };

  const letGo = (isDropped) => {
    const card = carried;
    carried = null;
    if (isDropped) {
      say("");
      drop(card, card.closest(".lane").dataset.stage);
      return;
    }
    settle(card);
    tell("back", card, card.dataset.stage);
  };

  const CARRYING = {
    " ": () => letGo(true),
    Enter: () => letGo(true),
    Escape: () => letGo(false),
    ArrowLeft: () => carry(-1),
    ArrowRight: () => carry(1),
  };

  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".kard__name")?.closest(".kard[draggable=true]");
    if (!card || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const act = carried ? CARRYING[event.key] : event.key === " " && (() => pickUp(card));
    if (!act) return;
    event.preventDefault();
    act();
  });

  // Whoever goes elsewhere meanwhile leaves the card where it was.
  document.addEventListener("focusout", (event) => {
    if (carried && !isMoving && carried.contains(event.target)) letGo(false);
  });
})();
