// One job: where it stands and why, what can be done, what happened to it, what was sent, what came of it.

import { get, may } from "./api.js";
import { actOnOne, wordOf } from "./bulk.js";
import { el, say } from "./dom.js";
import { between, bytes, duration } from "./format.js";
import { go } from "./route.js";
import { FINAL, TAKES, button, chip, code, copyButton, curl, facts, here, link, progress, time } from "./parts.js";
import { loadPrompt, promptForm } from "./prompt.js";
import { loadTab, tabs } from "./result.js";
import { attempts, timeline } from "./timeline.js";
import { took } from "./view-jobs.js";

/** Who only sends work may follow it, by its id. */
export const right = "follow";

export function title(params, data) {
  return data?.job.payload.filename ?? `Job ${params.get("job").slice(0, 13)}`;
}

export async function load(params, before) {
  const id = encodeURIComponent(params.get("job"));
  const job = await get(`pipeline/status/${id}`);
  if (!may("read")) return { job, quick: !FINAL.has(job.status) };
  const isSame = before && standing(before.job) === standing(job);
  const [history, prompt, tab] = await Promise.all([
    // Checking a trail is work: it is asked for again when there is something new in it.
    isSame ? before.history : get(`pipeline/jobs/${id}/history`),
    job.status === "awaiting_input" ? (isSame && before.prompt) || loadPrompt(id) : null,
    loadTab(job, params, isSame ? before.tab : null),
  ]);
  return { job, history, prompt, tab, quick: !FINAL.has(job.status) && job.status !== "awaiting_input" };
}

/** Differs after each change of state. */
function standing(job) {
  return [job.status, job.attempt, job.max_attempts, job.started_at, job.finished_at, job.run_after].join();
}

export function render(params, { job, history, prompt, tab }) {
  return [
    head(job),
    job.why && !prompt ? el("p", { class: "why" }, job.why) : "",
    job.error ? el("section", { class: "failure" }, el("h2", {}, `${FINAL.has(job.status) ? "Error" : "Error of the last attempt"}: `, code(job.error_code ?? "")), el("pre", {}, job.error)) : "",
    prompt ? promptForm(job, prompt) : "",
    facts([
      ["Queue", link({ view: "jobs", queue: job.queue }, job.queue)],
      ["Realm", link({ view: "jobs", realm: job.realm }, job.realm)],
      ["Handler", link({ view: "jobs", handler: job.handler }, code(job.handler))],
      ["Stage", job.status === "running" || job.stage ? progress(job) : null],
      ["Attempt", `${job.attempt} of ${job.max_attempts}`],
      ["Sent", time(job.created_at, " ago")],
      ["Waited", job.started_at && job.attempt <= 1 ? duration(between(job.created_at, job.started_at)) : null],
      ["Ran", job.started_at && job.status !== "awaiting_input" ? took(job) : null],
      ["Heartbeat", job.status === "running" && job.last_heartbeat_at ? time(job.last_heartbeat_at, " ago") : null],
      ["Not before", Date.parse(job.run_after) > Date.parse(job.created_at) + 1000 ? el("time", { datetime: job.run_after }, new Date(job.run_after).toLocaleString()) : null],
      ["Batch", job.batch_id ? link({ view: "jobs", batch: job.batch_id }, job.batch_id) : null],
    ]),
    input(job),
    tab ? tabs(job, params, tab) : "",
    history ? timeline(history) : el("p", { class: "muted" }, "Your key may not read its trail."),
    history ? attempts(history, job) : "",
  ];
}

function head(job) {
  const act = async (action) => {
    if ((await actOnOne(action, job)) && action === "delete") {
      go({ view: "jobs" });
      say("The job is deleted");
    }
  };
  const path = `${here()}/pipeline/status/${job.id}`;
  return el("div", { class: "head" }, chip(job.status), el("code", { class: "id" }, job.id),
    el("div", { class: "actions" },
      may("operate") ? Object.keys(TAKES).filter((action) => TAKES[action].includes(job.status))
        .map((action) => button(`${wordOf(action)} …`, () => act(action), { key: action })) : "",
      copyButton("Copy id", job.id), copyButton("Copy curl", curl(path))));
}

/** What the sender gave: of a document its file, else whatever the handler takes. */
function input(job) {
  const { filename, size, sha256, content_type: type, pages, input: given, options, ...more } = job.payload;
  const isFile = filename !== undefined && job.payload.source_type === undefined;
  return el("section", {}, el("h2", {}, "Input"),
    facts([
      ["File", filename],
      ["Size", size === undefined ? null : bytes(size)],
      ["Type", type],
      ["Pages", pages],
      ["SHA-256", sha256 ? [el("code", {}, sha256), " ", copyButton("Copy", sha256)] : null],
      ["Original", isFile && may("read") ? el("a", { href: `pipeline/jobs/${job.id}/file`, download: true }, "Download") : null],
      ...Object.entries(more).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    ]),
    given === undefined ? "" : el("pre", {}, JSON.stringify(given, null, 2)),
    options === undefined ? "" : [el("h3", {}, "Options"), el("pre", {}, JSON.stringify(options, null, 2))]);
}

