// Dead letters: jobs that failed for good, by what went wrong, so that a cause that is mended is retried at once.

import { get, may } from "./api.js";
import { actOnAll } from "./bulk.js";
import { el } from "./dom.js";
import { count, plural } from "./format.js";
import { button, code, jobLink, link, table, time } from "./parts.js";
import { byCode } from "./view-overview.js";
import { fileOf } from "./view-jobs.js";

export const right = "read";

const PAGES = 4;
/** So long at most is a change overlooked that leaves both the number and the newest as they were. */
const LONGEST_MS = 60000;

export function title() {
  return "Dead letters";
}

/** Refreshes come with each change of any job, so the pages are asked for only when something has changed among those that failed. */
export async function load(params, before) {
  const [stats, first] = await Promise.all([get("pipeline/stats"), get("pipeline/jobs/recent", { status: "failed", limit: 1 })]);
  const total = stats.stats.by_status.failed;
  const newest = first.jobs[0]?.id;
  if (before && before.total === total && before.newest === newest && Date.now() - before.askedAt < LONGEST_MS) return before;
  const askedAt = Date.now();
  const jobs = [];
  let cursor = null;
  for (let i = 0; i < PAGES; i++) {
    const page = await get("pipeline/jobs/recent", { status: "failed", limit: 500, cursor });
    jobs.push(...page.jobs);
    cursor = page.next_cursor;
    if (!cursor) break;
  }
  return { jobs, total, newest, askedAt, isAll: cursor === null };
}

export function render(params, { jobs, total, isAll }) {
  if (!jobs.length) return [el("p", {}, "Nothing is dead. Jobs that fail for good are kept here until they are retried or deleted.")];
  const groups = byCode(jobs);
  const heads = ["Error", "Jobs", "Newest", "File", "Queues", "Message of the newest"];
  return [
    el("p", {}, isAll ? `${plural(jobs.length, "job has", "jobs have")} failed for good.` : `The newest ${count(jobs.length)} of ${count(total)} that have failed for good.`),
    table("Dead letters by error code", may("operate") ? [...heads, "Action"] : heads, groups.map((group) => row(group, isAll)), { class: "groups" }),
    el("p", {}, link({ view: "jobs", status: "failed" }, "All of them, one by one")),
  ];
}

function row(group, isAll) {
  const newest = group.jobs[0];
  const cells = [
    { head: link({ view: "jobs", status: "failed", error_code: group.code }, code(group.name)) },
    `${isAll ? "" : "at least "}${count(group.jobs.length)}`,
    [jobLink(newest.id), " ", time(newest.finished_at, " ago")],
    fileOf(newest) ? el("span", { class: "name" }, fileOf(newest)) : "–",
    [...new Set(group.jobs.map((job) => job.queue))].join(", "),
    el("span", { class: "cut" }, newest.error ?? ""),
  ];
  if (may("operate")) {
    cells.push(group.code === null ? "" : el("div", { class: "actions" },
      button("Retry group …", () => actOnAll("retry", { status: "failed", error_code: group.code }, `status:failed error:${group.name}`)),
      button("Delete group …", () => actOnAll("delete", { status: "failed", error_code: group.code }, `status:failed error:${group.name}`), { class: "quiet" })));
  }
  return { key: group.name, cells };
}
