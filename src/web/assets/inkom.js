// Keys for the queue and the entry. Nothing here is needed: every page works without it.
"use strict";

const SWITCH = "inkom-tangenter";
const keysAreOn = () => localStorage.getItem(SWITCH) !== "av";

const box = document.getElementById("tangenter");
if (box) {
  box.checked = keysAreOn();
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "på" : "av"));
}

const links = () => [...document.querySelectorAll("#ko .number a")];

function step(by) {
  const all = links();
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next].focus();
  all[next].closest("tr").scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.getElementById("sok")?.focus(),
  t: () => document.getElementById("ta")?.click(),
  u: () => { if (document.querySelector(".back a")) location.href = "/"; },
  "?": () => { location.href = "/tangenter"; },
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing && event.key === "Escape") event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  const does = keys[event.key];
  if (does) {
    event.preventDefault();
    does();
  }
});

// A click anywhere in a line opens it, except where text is being marked.
for (const row of document.querySelectorAll("#ko tr[data-path]")) {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a") || String(getSelection()) !== "") return;
    location.href = row.dataset.path;
  });
}
