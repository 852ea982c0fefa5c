// What several views are made of.

import { who } from "./api.js";
import { el, say } from "./dom.js";
import { absolute, age } from "./format.js";
import { query } from "./route.js";

/** Every state has a sign and a word, so that nobody needs its colour. */
export const STATES = {
  queued: ["○", "Queued"],
  running: ["▸", "Running"],
  retrying: ["↻", "Retrying"],
  awaiting_input: ["?", "Awaiting input"],
  finished: ["✓", "Finished"],
  failed: ["✗", "Failed"],
  cancelled: ["–", "Cancelled"],
};
export const FINAL = new Set(["finished", "failed", "cancelled"]);
export const QUEUES = ["urgent", "default", "slow"];

/** Which states an action takes. */
export const TAKES = {
  retry: ["failed", "cancelled"],
  cancel: ["queued", "running", "retrying", "awaiting_input"],
  delete: Object.keys(STATES),
};

export function chip(state) {
  const [sign, word] = STATES[state] ?? ["·", state];
  return el("span", { class: `chip ${state}` }, el("span", { "aria-hidden": "true" }, sign), ` ${word}`);
}

/** A name such as UNSUPPORTED_TYPE, which breaks between its words where there is no room. */
export function code(text) {
  return (text.match(/[^_]*_|[^_]+/g) ?? []).map((word, i) => [i ? el("wbr") : "", word]);
}

export function link(parameters, ...children) {
  return el("a", { href: query(parameters) }, ...children);
}

export function jobLink(id, text) {
  return el("a", { href: query({ job: id }), title: id }, text ?? shortId(id));
}

/** The end tells jobs of one moment apart, which begin alike. */
export function shortId(id) {
  return `${id.slice(0, 8)}…${id.slice(-4)}`;
}

/** @param suffix such as " ago" */
export function time(iso, suffix = "") {
  return iso ? el("time", { datetime: iso, title: absolute(iso) }, age(iso) + suffix) : "–";
}

/** How far it is; of one that does not run, how far it came. */
export function progress(job) {
  if (job.progress === null || job.status !== "running") return job.stage ?? "–";
  const share = Math.round(job.progress * 100);
  return [el("span", { class: "stage" }, job.stage ?? ""), el("progress", { max: 100, value: share, "aria-label": `${share} % done` })];
}

/**
 * A table that becomes a list of cards where there is no room; the roles say what it is when the style no longer does.
 *
 * @param heads strings, or elements
 * @param rows [{key, cells, attributes}]; the first cell that is a {head} names the row
 */
export function table(caption, heads, rows, attributes = {}) {
  const words = heads.map((head) => (typeof head === "string" ? head : ""));
  return el("table", { role: "table", ...attributes },
    el("caption", { class: "unseen" }, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads.map((head) => el("th", { scope: "col", role: "columnheader" }, head)))),
    el("tbody", { role: "rowgroup" }, rows.map((row) => el("tr", { role: "row", key: row.key, ...row.attributes },
      row.cells.map((cell, i) => (cell?.head
        ? el("th", { scope: "row", role: "rowheader", "data-label": words[i] || false }, cell.head)
        : el("td", { role: "cell", "data-label": words[i] || false }, cell ?? "–")))))));
}

/** @param pairs [[name, value]]; those without a value are left out */
export function facts(pairs) {
  return el("dl", { class: "facts" }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => el("div", { key: name }, el("dt", {}, name), el("dd", {}, value))));
}

export function button(text, click, attributes = {}) {
  return el("button", { type: "button", on: { click }, ...attributes }, text);
}

/** The clipboard is there with https only; otherwise a selection is copied as of old. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    field.value = text;
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    focused?.focus();
  }
  say("Copied");
}

export function copyButton(label, text) {
  return button(label, () => copy(text), { class: "quiet" });
}

/** Where this server is, for commands that people paste. */
export function here() {
  return new URL(".", location.href).href.replace(/\/$/, "");
}

/** @param rest options and path; nothing of it may come from a document */
export function curl(rest) {
  const key = who()?.by === "development" ? "" : who()?.role === "admin" ? '-H "X-Admin-Key: $ADMIN_API_KEY" ' : '-H "X-Api-Key: $KEY" ';
  return `curl ${key}${rest}`;
}

/** A command with a button that copies it. */
export function command(text) {
  return el("div", { class: "command" }, el("code", {}, text), copyButton("Copy", text));
}
