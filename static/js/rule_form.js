/* The rule page: values that the data hold are offered under the value being typed, and taken over with a
   click. Without this script "Check" shows them above the form. What the rule says and matches is kept up by htmx. */
"use strict";

(() => {
  const look = document.getElementById("look");
  if (!look) return;
  for (const each of document.querySelectorAll("[data-without-script]")) each.remove();

  let timer = 0;
  const LISTS = ["in", "not_in", "matches_list"];
  const NOTHING = ["is_set", "is_empty", "within_days"];
  const rowOf = (node) => node.closest && node.closest("#conditions-group tr.form-row:not(.empty-form)");
  const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const separatorOf = (text) => (/[;\n]/.test(text) ? /[;\n]/ : /,/);

  function fieldOf(row) {
    const field = part(row, "field").value;
    if (field !== "property.") return field;
    const name = part(row, "property_name").value.trim();
    return name && field + name;
  }

  // What is being typed: the last of several values.
  function wanted(row) {
    const text = part(row, "value").value;
    return LISTS.includes(part(row, "operator").value) ? text.split(separatorOf(text)).pop().trim() : text.trim();
  }

  function offer(row, search) {
    const cell = part(row, "value").closest("td");
    let picks = cell.querySelector(".picks");
    if (!picks) {
      picks = document.createElement("div");
      picks.className = "picks";
      cell.append(picks);
    }
    const field = fieldOf(row);
    if (!field || NOTHING.includes(part(row, "operator").value)) {
      picks.replaceChildren();
      picks.dataset.shown = "";
      return;
    }
    const query = new URLSearchParams({ field, q: search });
    for (const box of document.querySelectorAll("[name=activity_types]:checked")) query.append("type", box.value);
    const url = `${look.dataset.values}?${query}`;
    if (picks.dataset.shown === url) return;
    picks.dataset.shown = url;
    htmx.ajax("GET", url, { target: picks, swap: "innerHTML" });
  }

  function take(row, value) {
    const area = part(row, "value");
    const operator = part(row, "operator");
    if (!operator.value) operator.value = /^(yes|no)$/.test(value) ? "equals" : "in";
    if (LISTS.includes(operator.value)) {
      const values = area.value.split(separatorOf(area.value)).map((each) => each.trim());
      const begun = values.pop().toLowerCase();
      if (begun && (values.includes(value) || !value.toLowerCase().includes(begun))) values.push(begun);
      const kept = values.filter((each) => each && each !== value);
      kept.push(value);
      // A value that holds a comma needs another separator, even alone.
      const hasComma = kept.some((each) => each.includes(","));
      area.value = kept.join(hasComma ? "; " : ", ") + (hasComma && kept.length === 1 ? ";" : "");
    } else {
      area.value = value;
    }
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
    clearTimeout(timer);
    offer(row, "");
  }

  document.addEventListener("focusin", (event) => {
    const row = rowOf(event.target);
    if (row && event.target === part(row, "value")) offer(row, "");
  });
  document.addEventListener("change", (event) => {
    const row = rowOf(event.target);
    if (row && event.target !== part(row, "value")) offer(row, "");
  });
  document.addEventListener("input", (event) => {
    const row = rowOf(event.target);
    if (!row || event.target !== part(row, "value")) return;
    clearTimeout(timer);
    timer = setTimeout(() => offer(row, wanted(row)), 250);
  });
  document.addEventListener("click", (event) => {
    const pick = event.target.closest(".picks .pick");
    if (pick) take(rowOf(pick), pick.dataset.value);
  });
})();
