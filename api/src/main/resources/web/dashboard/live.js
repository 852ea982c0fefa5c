// When the page asks again: on each change of state that the server tells of, at an interval, or not at all. It never asks in a
// hidden tab, while rows are selected, or while a dialog is open.

import { may, who } from "./api.js";
import { duration } from "./format.js";

const STORED = "jobtrail.refresh";
const MODES = ["live", "5", "15", "60", "off"];
/** Changes come in bursts; more often than this nobody reads. */
const SHORTEST_MS = 1000;
/** So soon, too, is noticed that the server can no longer be asked: no event tells of that. */
const IDLE_MS = 5000;
const LONGEST_MS = 60000;

const holds = new Set();
let ask = async () => ({});
let events = null;
let timer = null;
let running = null;
let following = null;
let failures = 0;
/** What was asked for is wrong itself, so that asking again helps only when somebody wants it. */
let hopeless = false;
let lastAsked = 0;
let updatedAt = null;
let quick = false;

/** @param refresh asks for what is shown and answers {quick}: whether something moves that no event tells of */
export function install(refresh) {
  ask = refresh;
  const select = document.getElementById("refresh");
  select.value = mode();
  select.addEventListener("change", () => {
    remember(select.value);
    hopeless = false;
    resume();
  });
  document.addEventListener("visibilitychange", resume);
  setInterval(showAge, 1000);
}

function mode() {
  let stored = null;
  try {
    stored = localStorage.getItem(STORED);
  } catch {
    // a browser that keeps nothing
  }
  return MODES.includes(stored) ? stored : "live";
}

function remember(chosen) {
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // holds until the page is left, in the select itself
  }
}

function chosen() {
  return document.getElementById("refresh").value;
}

function isPaused() {
  return document.hidden || holds.size > 0 || chosen() === "off";
}

/** @param reason that keeps the page as it is, until it is told off */
export function hold(reason, on) {
  const before = holds.size > 0;
  if (on) holds.add(reason);
  else holds.delete(reason);
  if (before && !holds.size) resume();
  showAge();
}

function resume() {
  clearTimeout(timer);
  listen();
  unlessPaused();
  showAge();
}

/** Asks at once, whatever holds: for what the user has just done. The promise ends when what is shown is from now or later. */
export function now() {
  clearTimeout(timer);
  if (running) {
    following ??= running.then(() => {
      following = null;
      return now();
    });
    return following;
  }
  running = once().finally(() => {
    running = null;
    showAge();
    schedule();
  });
  return running;
}

async function once() {
  lastAsked = Date.now();
  try {
    const answer = await ask();
    failures = 0;
    hopeless = false;
    quick = answer.quick;
    updatedAt = Date.now();
  } catch (problem) { // shown by who asked
    failures++;
    hopeless = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
  }
}

function unlessPaused() {
  if (!isPaused() && !hopeless) now();
}

function schedule() {
  clearTimeout(timer);
  if (isPaused() || hopeless || !who()) return;
  timer = setTimeout(unlessPaused, interval());
}

function interval() {
  if (failures) return Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
  if (chosen() !== "live") return Number(chosen()) * 1000;
  return quick ? SHORTEST_MS : IDLE_MS;
}

/** A change was told: asks soon, once for all that come together. */
function wake() {
  if (isPaused()) return;
  clearTimeout(timer);
  timer = setTimeout(unlessPaused, Math.max(100, SHORTEST_MS - (Date.now() - lastAsked)));
}

/** Each tab that is looked at has a connection of its own, and the server takes a limited number of them. */
function listen() {
  const wants = who() && may("read") && chosen() === "live" && !document.hidden;
  if (!wants) {
    events?.close();
    events = null;
  } else if (!events || events.readyState === EventSource.CLOSED) {
    events = new EventSource(`pipeline/events${who().realm === null ? "?all_realms=true" : ""}`);
    events.onmessage = wake;
    events.addEventListener("reset", wake);
    events.onerror = () => {
      if (events?.readyState === EventSource.CLOSED) setTimeout(listen, LONGEST_MS); // refused: until then it is asked at intervals
      else if (!failures) wake(); // the connection has broken, perhaps with the server
    };
    events.onopen = () => {
      if (failures) wake();
    };
  }
}

/** After somebody has signed in or out. */
export function restart() {
  events?.close();
  events = null;
  updatedAt = null;
  listen();
}

function showAge() {
  const shown = document.getElementById("updated");
  const seconds = Math.floor((Date.now() - updatedAt) / 1000);
  const ago = seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
  const text = updatedAt === null ? "" : `${holds.size ? "paused, " : ""}updated ${ago} ago`;
  if (shown.textContent !== text) shown.textContent = text;
}
