// How the whole stands, in words first: what is wrong, how many jobs are where, the queues, and what failed last.

import { get, may, send } from "./api.js";
import { tellProblem } from "./bulk.js";
import { confirm } from "./dialog.js";
import { el, say } from "./dom.js";
import { count, duration, plural } from "./format.js";
import { now } from "./live.js";
import { STATES, button, chip, code, command, curl, here, jobLink, link, table, time } from "./parts.js";

export const right = "read";

/** What to do about a reason, by the words that it has. */
const LEADS = [
  [/\b(has|have) failed\b/, { view: "dead" }, "dead letters"],
  [/another attempt/, { view: "jobs", status: "retrying" }, "retrying jobs"],
  [/worker/, { view: "workers" }, "workers"],
];

export function title() {
  return "Overview";
}

export async function load() {
  const [stats, health, failed, queues] = await Promise.all([
    get("pipeline/stats"),
    get("health"),
    get("pipeline/jobs/recent", { status: "failed", limit: 50 }),
    may("administer") ? get("pipeline/queues") : null,
  ]);
  return { stats, health, failed: failed.jobs, queues: queues?.queues ?? null };
}

export function render(params, { stats, health, failed, queues }) {
  const { reasons } = stats;
  return [
    el("p", { class: `health ${stats.health}` }, sentence(stats)),
    reasons.length ? el("ul", { class: "problems" }, reasons.map((reason) => el("li", { key: reason }, reason, " ", lead(reason)))) : "",
    cards(stats.stats.by_status),
    stats.stats.total === 0 ? firstJob() : "",
    health.checks.workers === 0 ? firstWorker() : "",
    el("h2", {}, "Queues"),
    queues ? queueTable(queues) : realmQueues(stats.stats.by_queue),
    el("h2", {}, "Last failures"),
    failures(failed),
  ];
}

function sentence({ health, reasons, summary: { running, pending } }) {
  const work = `${running === 1 ? "1 job runs" : `${count(running)} jobs run`}, ${pending === 1 ? "1 waits" : `${count(pending)} wait`}.`;
  if (!reasons.length) return `Healthy: ${work}`;
  const word = health[0].toUpperCase() + health.slice(1);
  return `${word}: ${reasons[0]}${reasons.length > 1 ? `, and ${plural(reasons.length - 1, "more problem")}` : ""}. ${work}`;
}

function lead(reason) {
  const found = LEADS.find(([words, parameters]) => words.test(reason) && (parameters.view !== "workers" || may("administer")));
  return found ? link(found[1], `→ ${found[2]}`) : "";
}

function cards(byStatus) {
  return el("ul", { class: "cards", "aria-label": "Jobs by state" }, Object.keys(STATES).map((state) => el("li", { key: state },
    link(state === "failed" ? { view: "dead" } : { view: "jobs", status: state }, el("strong", {}, count(byStatus[state])), chip(state)))));
}

function queueTable(queues) {
  const mayAct = may("administer");
  const heads = ["Queue", "Waiting", "Running", "Oldest wait", "Finished / min", "Empty in", "Workers", "State"];
  return table("Queues", mayAct ? [...heads, "Action"] : heads, queues.map((queue) => {
    const waiting = queue.depth.queued + queue.depth.retrying;
    const cells = [
      { head: link({ view: "jobs", queue: queue.queue }, queue.queue) },
      [link({ view: "jobs", queue: queue.queue, status: "queued" }, count(waiting)), queue.not_due ? el("span", { class: "muted" }, `, ${count(queue.not_due)} not due yet`) : ""],
      link({ view: "jobs", queue: queue.queue, status: "running" }, count(queue.depth.running)),
      queue.oldest_wait_seconds === null ? "–" : duration(queue.oldest_wait_seconds * 1000),
      count(queue.finished_last_minute),
      emptyIn(queue, waiting),
      queue.workers === 0 ? el("span", { class: "problem" }, "none") : count(queue.workers),
      queue.paused
        ? [el("strong", {}, "‖ Paused "), "by ", queue.changed_by, " ", time(queue.changed_at, " ago"), queue.reason ? `: ${queue.reason}` : ""]
        : "▸ Open",
    ];
    if (mayAct) cells.push(button(queue.paused ? "Resume" : "Pause", () => turn(queue), { "aria-label": `${queue.paused ? "Resume" : "Pause"} queue ${queue.queue}` }));
    return { key: queue.queue, cells };
  }));
}

/** What is not due yet is not worked on, nor is anything of a queue that is paused. */
function emptyIn(queue, waiting) {
  const due = queue.not_due === null ? null : Math.max(0, waiting - queue.not_due); // counted a moment apart
  if (due === 0 || waiting === 0 || queue.paused) return "–";
  return due && queue.finished_last_minute ? `about ${duration((due / queue.finished_last_minute) * 60000)}` : "unknown";
}

async function turn(queue) {
  const action = queue.paused ? "resume" : "pause";
  const word = queue.paused ? "Resume" : "Pause";
  const agreed = await confirm(`${word} queue ${queue.queue}?`, queue.paused
    ? "Its jobs are begun with again."
    : `No job of it is begun with until it is resumed; those that run go on. ${plural(queue.depth.queued + queue.depth.retrying, "job waits", "jobs wait")} there.`, word);
  if (!agreed) return;
  try {
    say((await send("POST", `pipeline/queues/${queue.queue}`, { action, reason: agreed.reason })).message);
    await now();
  } catch (problem) {
    await tellProblem(`The queue was not ${action}d`, problem);
  }
}

/** What a key of a realm may know of the queues: its own jobs there. */
function realmQueues(byQueue) {
  return table("Jobs of the realm by queue", ["Queue", "Waiting", "Running"], Object.entries(byQueue).map(([queue, states]) => ({
    key: queue,
    cells: [{ head: link({ view: "jobs", queue }, queue) }, count((states.queued ?? 0) + (states.retrying ?? 0)), count(states.running ?? 0)],
  })));
}

/** Those of a page of the newest, by what went wrong. */
export function byCode(jobs) {
  const groups = new Map();
  for (const job of jobs) {
    const code = job.error_code ?? "(none)";
    if (!groups.has(code)) groups.set(code, { code: job.error_code, name: code, jobs: [] });
    groups.get(code).jobs.push(job);
  }
  return [...groups.values()].sort((a, b) => b.jobs.length - a.jobs.length);
}

function failures(jobs) {
  if (!jobs.length) return el("p", { class: "muted" }, "Nothing has failed for good.");
  return table("Last failures by error code", ["Error", `Among the last ${jobs.length}`, "Newest", "Message"], byCode(jobs).map((group) => ({
    key: group.name,
    cells: [
      { head: link({ view: "jobs", status: "failed", error_code: group.code }, code(group.name)) },
      count(group.jobs.length),
      [jobLink(group.jobs[0].id), " ", time(group.jobs[0].finished_at, " ago")],
      el("span", { class: "cut" }, group.jobs[0].error ?? ""),
    ],
  })), { class: "groups" });
}

export function firstJob() {
  return el("section", { class: "teach" }, el("h2", {}, "There are no jobs yet"),
    may("submit") ? el("p", {}, link({ view: "upload" }, "Upload a document"), ", or send one:") : el("p", {}, "Send a document:"),
    command(curl(`-F file=@document.pdf ${here()}/pipeline/enqueue`)));
}

export function firstWorker() {
  return el("section", { class: "teach" }, el("h2", {}, "No worker is running"),
    el("p", {}, "Jobs are taken and kept, and wait until a worker starts, with the same settings as this server:"),
    command("java -jar worker/target/worker.jar --queues urgent,default,slow"));
}

