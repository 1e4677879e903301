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

// What is ticked, or the line that one stands on.
function choose() {
  const line = document.activeElement.closest("#ko tr");
  const box = line?.querySelector("input[name=handling]");
  if (box) box.checked = !box.checked;
}

function close(button) {
  if (document.querySelector("#ko input[name=handling]:checked")) document.getElementById(button)?.click();
}

// Opens a part of "what can be done", and goes to its first field.
function begin(key) {
  const field = document.querySelector(`[data-first="${key}"]`) ??
    [...document.querySelectorAll(".decide summary kbd")].find((kbd) => kbd.textContent === key)?.closest("details").querySelector("input:not([type=hidden]), select, textarea, button");
  if (!field) return;
  for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  field.focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.getElementById("sok")?.focus(),
  t: () => document.getElementById("ta")?.click(),
  x: choose,
  r: () => close("ringa"),
  s: () => close("skrap"),
  b: () => document.getElementById("bekrafta")?.click(),
  z: () => document.getElementById("angra")?.click(),
  n: () => document.querySelector("nav a[href='/ny']")?.click(),
  u: () => { if (document.querySelector(".back a")) location.href = "/"; },
  "?": () => { location.href = "/tangenter"; },
};

document.addEventListener("keydown", (event) => {
  // A box to tick takes no letters.
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (typing && event.key === "Escape") event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  const does = keys[event.key] ?? (/^[0-9]$/.test(event.key) ? () => begin(event.key) : undefined);
  if (does) {
    event.preventDefault();
    does();
  }
});

// Enter in a line's box opens the line, as it does on its number.
document.getElementById("ko")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input[name=handling]")) return;
  event.preventDefault();
  event.target.closest("tr").querySelector(".number a").click();
});

// A click anywhere in a line opens it, except where text is being marked.
for (const row of document.querySelectorAll("#ko tr[data-path]")) {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a, label") || String(getSelection()) !== "") return;
    location.href = row.dataset.path;
  });
}
