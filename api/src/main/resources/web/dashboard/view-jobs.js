// Finding jobs: a search box, filters, a page of rows that change in place, and what can be done with those that are selected.

import { get, may } from "./api.js";
import { actOnAll, actOnIds, wordOf } from "./bulk.js";
import { el } from "./dom.js";
import { between, duration, plural } from "./format.js";
import { hold, now } from "./live.js";
import { FINAL, QUEUES, STATES, TAKES, button, chip, code, jobLink, link, progress, table, time } from "./parts.js";
import { go } from "./route.js";
import { compose, filterOf, idIn, parse } from "./search.js";
import { firstJob } from "./view-overview.js";

export const right = "read";

const PAGE = 50;
const MOST = 500;
/** Greater than any id. */
const AFTER_ALL = "g";

const selected = new Set();
let lastClicked = null;

export function title() {
  return "Jobs";
}

export function forgetSelection() {
  selected.clear();
  lastClicked = null;
  hold("selection", false);
}

/**
 * A page keeps its first and last row: newer jobs are counted and wait to be called for, so that nothing moves under the eyes of
 * who reads. Rows that the filter does not want any more go.
 */
export async function load(params, before) {
  const filter = filterOf(params);
  const cursor = params.get("cursor");
  const isKept = before && !cursor && before.jobs.length > 0;
  const limit = isKept ? Math.min(MOST, PAGE + before.waiting + PAGE) : PAGE;
  const page = await get("pipeline/jobs/recent", { ...filter, limit, cursor });
  if (!isKept) return about(page.jobs, 0, page.next_cursor, page.jobs.at(0)?.id, page.next_cursor ? page.jobs.at(-1)?.id ?? "" : "");
  const fresh = page.jobs.filter((job) => job.id > before.top).length;
  // What this answer does not reach down to stays as it was.
  const reach = page.next_cursor ? page.jobs.at(-1)?.id ?? AFTER_ALL : "";
  const rows = page.jobs.filter((job) => job.id <= before.top && job.id >= before.bottom);
  rows.push(...before.jobs.filter((job) => job.id < reach));
  return about(rows, fresh, before.next, before.top, before.bottom);
}

function about(jobs, waiting, next, top, bottom) {
  return { jobs, waiting, next, top, bottom, quick: jobs.some((job) => job.status === "running") };
}

export function render(params, data, again) {
  const filter = filterOf(params);
  const isFiltered = Object.keys(filter).length > 0;
  return [
    searchForm(filter),
    data.waiting ? button(`Show ${data.waiting >= MOST ? `more than ${MOST}` : data.waiting} new ${data.waiting === 1 ? "job" : "jobs"}`, () => showNew(params, data), { class: "new" }) : "",
    data.jobs.length ? [may("operate") ? actions(filter, data, again) : "", rows(data, again)] : empty(isFiltered, data, params),
    pages(params, data),
  ];
}

function searchForm(filter) {
  const words = compose(filter);
  const find = (event) => {
    event.preventDefault();
    const text = document.getElementById("search").value;
    const id = idIn(text);
    go(id ? { job: id } : { view: "jobs", ...parse(text) });
  };
  const pasted = (event) => {
    const id = idIn(event.target.value);
    if (id) go({ job: id });
  };
  return el("form", { class: "search", role: "search", on: { submit: find } },
    el("div", { class: "field wide" },
      el("label", { for: "search" }, "Search, or the id of a job"),
      el("input", { id: "search", type: "search", value: words, list: "qualifiers", autocomplete: "off", spellcheck: "false",
        placeholder: "status:failed queue:slow error:TIMEOUT memo.pdf", on: { input: pasted } }),
      el("datalist", { id: "qualifiers" }, [...Object.keys(STATES).map((state) => `status:${state}`), ...QUEUES.map((queue) => `queue:${queue}`)]
        .map((option) => el("option", { value: option })))),
    choice("Status", "status", Object.entries(STATES).map(([state, [, word]]) => [state, word]), filter),
    choice("Queue", "queue", QUEUES.map((queue) => [queue, queue]), filter),
    el("button", { class: "main" }, "Search"),
    words ? link({ view: "jobs" }, "Clear") : "");
}

function choice(label, name, options, filter) {
  const id = `filter-${name}`;
  const change = (event) => go({ view: "jobs", ...filter, [name]: event.target.value });
  return el("div", { class: "field" }, el("label", { for: id }, label), el("select", { id, on: { change } },
    el("option", { value: "", selected: !filter[name] }, "any"),
    options.map(([value, word]) => el("option", { value, selected: filter[name] === value }, word))));
}

/** The page anew, from the newest on. */
async function showNew(params, data) {
  data.jobs = [];
  await now();
  document.querySelector("main tbody th a")?.focus();
}

function actions(filter, data, again) {
  const ids = data.jobs.map((job) => job.id).filter((id) => selected.has(id));
  const { q, ...exact } = filter;
  const offered = Object.keys(TAKES).filter((action) => !filter.status || TAKES[action].includes(filter.status));
  const done = async (act) => {
    if (await act) {
      forgetSelection();
      again();
    }
  };
  if (ids.length) {
    return el("div", { class: "bar", role: "group", "aria-label": "Selected jobs" },
      el("span", {}, `${ids.length} selected`),
      Object.keys(TAKES).map((action) => button(`${wordOf(action)} …`, () => done(actOnIds(action, ids)), { key: action })),
      button("Clear selection", () => {
        forgetSelection();
        again();
      }, { class: "quiet" }));
  }
  const all = button("Select these rows", () => pick(data.jobs.map((job) => job.id), true, again), { class: "quiet", key: "all" });
  if (q || !Object.keys(exact).length) {
    return el("div", { class: "bar" }, all,
      el("span", { class: "muted" }, q ? "All that match can be acted on without free text only." : "With a filter all that match can be acted on."));
  }
  return el("div", { class: "bar", role: "group", "aria-label": "All jobs that match" }, all, el("span", {}, "All that match:"),
    offered.map((action) => button(`${wordOf(action)} all …`, () => done(actOnAll(action, exact, compose(exact))), { key: action })));
}

function rows({ jobs }, again) {
  const mayAct = may("operate");
  const heads = ["Job", "State", "Queue", "Realm", "Stage", "Attempt", "Age", "Duration"];
  return table("Jobs, the newest first", mayAct ? [el("span", { class: "unseen" }, "Select"), ...heads] : heads, jobs.map((job) => ({
    key: job.id,
    attributes: { class: selected.has(job.id) ? "picked" : false },
    cells: [
      ...(mayAct ? [box(job, jobs, again)] : []),
      { head: [jobLink(job.id), nameOf(job)] },
      [chip(job.status), job.error_code && job.status !== "finished" ? el("span", { class: "code" }, " ", code(job.error_code)) : ""],
      job.queue, job.realm,
      progress(job),
      `${job.attempt}/${job.max_attempts}`,
      time(job.created_at),
      took(job),
    ],
  })), { class: mayAct ? "jobs choosable" : "jobs" });
}

export function nameOf(job) {
  return el("span", { class: "name" }, fileOf(job) ?? job.handler);
}

/** Undefined: it is no document. */
export function fileOf(job) {
  return job.payload.filename ?? job.payload.s3_key;
}

/** The time of its last attempt. */
export function took(job) {
  return job.started_at && (job.status === "running" || FINAL.has(job.status)) ? duration(between(job.started_at, FINAL.has(job.status) ? job.finished_at : null)) : "–";
}

function box(job, jobs, again) {
  const click = (event) => {
    const from = jobs.findIndex((one) => one.id === lastClicked);
    const to = jobs.indexOf(job);
    const range = event.shiftKey && from >= 0 ? jobs.slice(Math.min(from, to), Math.max(from, to) + 1) : [job];
    lastClicked = job.id;
    pick(range.map((one) => one.id), event.target.checked, again);
  };
  const made = el("input", { type: "checkbox", "aria-label": `Select job ${job.id}`, on: { click } });
  made.checked = selected.has(job.id);
  return made;
}

function pick(ids, on, again) {
  for (const id of ids) {
    if (on) selected.add(id);
    else selected.delete(id);
  }
  hold("selection", selected.size > 0);
  again();
}

function empty(isFiltered, data, params) {
  if (data.next) return el("p", {}, "Nothing among the newest 500 jobs. ", link({ ...filterOf(params), view: "jobs", cursor: data.next }, "Look further back"));
  if (!isFiltered) return firstJob();
  return el("p", {}, `No job matches ${compose(filterOf(params))}. `, link({ view: "jobs" }, "Clear the filter"));
}

/** Cursors lead forward only, so the way back is kept with the entry of the history; who was given the address begins at the newest. */
function pages(params, data) {
  const cursor = params.get("cursor");
  if (!cursor && !data.next) return el("p", { class: "muted" }, data.jobs.length ? `${plural(data.jobs.length, "job")}.` : "");
  const filter = { view: "jobs", ...filterOf(params) };
  const trail = history.state?.cursors ?? [];
  const lead = (text, to, cursors) => el("a", {
    href: link({ ...filter, cursor: to }).getAttribute("href"),
    on: {
      click: (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go({ ...filter, cursor: to }, { cursors });
        scrollTo(0, 0);
      },
    },
  }, text);
  return el("nav", { class: "pages", "aria-label": "Pages" },
    cursor ? lead("Newest", null, []) : "",
    cursor && history.state?.cursors ? lead("Previous", trail.at(-1) ?? null, trail.slice(0, -1)) : "",
    data.next ? lead("Next", data.next, cursor ? [...trail, cursor] : []) : "");
}
