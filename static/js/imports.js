/* A file is dropped onto the page instead of being chosen. The words come from the page. */
"use strict";

(() => {
  const drop = document.getElementById("drop");
  const input = drop?.querySelector('[type="file"]');
  const says = document.getElementById("drop-says");
  if (!drop || !input || !says) return;

  const tell = () => {
    says.textContent = input.files.length ? drop.dataset.chosen.replace("%s", input.files[0].name) : "";
  };
  const over = (isOver) => drop.classList.toggle("is-over", isOver);

  input.addEventListener("change", tell);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  drop.addEventListener("dragleave", (event) => {
    if (!drop.contains(event.relatedTarget)) over(false);
  });
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    tell();
    input.focus();
  });
  // A file may be chosen before this script is here; a browser that goes back keeps it.
  tell();
})();
