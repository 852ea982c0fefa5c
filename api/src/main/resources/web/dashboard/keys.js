// Keys that spare the mouse. Off inside fields and dialogs, with modifiers, and when somebody has switched them off.

import { tell } from "./dialog.js";
import { el } from "./dom.js";
import { go } from "./route.js";

const STORED = "jobtrail.keys";
const PLACES = { o: "?", j: "?view=jobs", d: "?view=dead", w: "?view=workers", u: "?view=upload" };
const TEXT = [
  ["/", "Search"], ["j / k", "Next and previous row"], ["Enter", "Open the row"], ["x", "Select the row"],
  ["g then o j d w u", "Go to overview, jobs, dead letters, workers, upload"], ["?", "This help"],
];

let going = 0;

export function install() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, textarea") || document.querySelector("dialog")) return;
    if (!isOn() && event.key !== "?") return;
    if (pressed(event.key)) event.preventDefault();
  });
}

function pressed(key) {
  if (Date.now() - going < 1500 && PLACES[key]) {
    going = 0;
    go(PLACES[key]);
    return true;
  }
  if (key === "g") going = Date.now();
  else if (key === "/") search();
  else if (key === "?") help();
  else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "x") document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  else return false;
  return true;
}

function search() {
  const field = document.getElementById("search");
  if (field) field.focus();
  else go(PLACES.j, { focus: "search" });
}

function move(step) {
  const links = [...document.querySelectorAll("main tbody th a")];
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step))];
  next?.focus();
}

function isOn() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

export function help() {
  const on = el("input", {
    type: "checkbox",
    on: {
      change: (event) => {
        try {
          localStorage.setItem(STORED, event.target.checked ? "on" : "off");
        } catch {
          // a browser that keeps nothing
        }
      },
    },
  });
  on.checked = isOn();
  tell("Help",
    el("dl", { class: "keys" }, TEXT.map(([key, means]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, means)))),
    el("label", { class: "line" }, on, " These keys are on"),
    el("p", {}, "Searching: words of a file name or an error, or ", el("code", {}, "status: queue: realm: handler: error: batch:"), " with a value, or an id."),
    el("p", {}, el("a", { href: "docs" }, "The API"), ", which tells the same and more."));
}
