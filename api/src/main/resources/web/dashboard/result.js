// What came of a job: in words, in pieces of text, or as the JSON that it is.

import { get, getText } from "./api.js";
import { el } from "./dom.js";
import { count, indented } from "./format.js";
import { FINAL, copyButton, facts, link } from "./parts.js";

const NAMES = { summary: "Summary", chunks: "Chunks", json: "Raw JSON" };
const CHUNKS = 20;
/** More text than this makes a browser slow, and is read by nobody. */
const MOST_SHOWN = 200_000;

/** @returns {name, …} what the chosen tab shows; null while there is nothing to show */
export async function loadTab(job, params, before) {
  if (!FINAL.has(job.status) || (job.result === null && job.status !== "finished")) return null;
  const name = Object.hasOwn(NAMES, params.get("tab") ?? "") ? params.get("tab") : "summary";
  if (before) return before;
  if (name === "chunks") return { name, page: await get(`pipeline/jobs/${job.id}/chunks`, { limit: CHUNKS, cursor: params.get("chunks") }) };
  if (name === "json") return { name, text: await getText(`pipeline/jobs/${job.id}/result`) };
  return { name };
}

export function tabs(job, params, tab) {
  return el("section", {}, el("h2", {}, "Result"),
    el("nav", { class: "tabs", "aria-label": "Result" }, Object.entries(NAMES).map(([name, word]) =>
      el("a", { href: link({ job: job.id, tab: name === "summary" ? null : name }).getAttribute("href"), "aria-current": tab.name === name ? "page" : false }, word))),
    tab.name === "chunks" ? chunks(job, params, tab.page) : tab.name === "json" ? raw(job, tab.text) : summary(job));
}

/** What the input says already is not said again. */
function summary({ result, payload }) {
  if (result === null || typeof result !== "object" || Array.isArray(result)) return el("pre", {}, JSON.stringify(result, null, 2));
  const { summary: text, ...rest } = result;
  return [
    typeof text === "string" ? el("p", { class: "prose" }, text) : "",
    facts(Object.entries(rest).filter(([name, value]) => value !== payload[name]).map(([name, value]) => [name.replaceAll("_", " "), shown(value)])),
  ];
}

function shown(value) {
  if (typeof value === "number") return Number.isInteger(value) ? count(value) : String(value);
  return value === null || typeof value === "string" ? value : el("code", {}, JSON.stringify(value));
}

function chunks(job, params, page) {
  if (!page.chunks.length) return el("p", { class: "muted" }, params.get("chunks") ? "There are no more." : "There are no chunks.");
  return [
    el("ol", { class: "chunks", start: page.chunks[0].position + 1 }, page.chunks.map((chunk) => el("li", { key: chunk.position },
      el("p", { class: "muted" }, `${count(chunk.tokens)} tokens${chunk.page_from ? `, page ${chunk.page_from}${chunk.page_to > chunk.page_from ? ` to ${chunk.page_to}` : ""}` : ""}`,
        `, ${chunk.embedding.length} dimensions: ${chunk.embedding.slice(0, 4).map((value) => value.toFixed(3)).join(", ")} …`),
      el("p", { class: "prose" }, chunk.text)))),
    el("nav", { class: "pages", "aria-label": "Pages of chunks" },
      params.get("chunks") ? link({ job: job.id, tab: "chunks" }, "First") : "",
      page.next_cursor ? link({ job: job.id, tab: "chunks", chunks: page.next_cursor }, "Next") : ""),
  ];
}

function raw(job, text) {
  return [
    el("div", { class: "actions" }, copyButton("Copy JSON", text), el("a", { href: `pipeline/jobs/${job.id}/result`, download: `${job.id}.json` }, "Download")),
    el("pre", { class: "json", tabindex: "0" }, indented(text.slice(0, MOST_SHOWN))),
    text.length > MOST_SHOWN ? el("p", { class: "muted" }, `The first ${count(MOST_SHOWN)} of ${count(text.length)} characters.`) : "",
  ];
}
