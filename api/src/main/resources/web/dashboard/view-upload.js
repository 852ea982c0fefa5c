// Sends files, each as a job of its own, and shows what becomes of them. Which ones these are stands in the address.

import { get, may, send, who } from "./api.js";
import { el, say } from "./dom.js";
import { bytes } from "./format.js";
import { now } from "./live.js";
import { FINAL, QUEUES, button, chip, code, command, curl, here, jobLink, progress, table, time } from "./parts.js";
import { replace } from "./route.js";
import { nameOf, took } from "./view-jobs.js";

export const right = "submit";

/** Fewer than a browser's connections to one server, so that the page can still ask. */
const AT_ONCE = 2;
const FOLLOWED = 50;

/** Files that are not jobs yet: {key, file, status, problem}. */
const sending = [];
const settings = { queue: "", review: "false", realm: "" };

export function title() {
  return "Upload";
}

export async function load(params, before) {
  const ids = (params.get("jobs") ?? "").split(",").filter(Boolean).slice(0, FOLLOWED);
  const known = new Map((before?.jobs ?? []).map((job) => [job.id, job]));
  const jobs = await Promise.all(ids.map((id) => (FINAL.has(known.get(id)?.status) ? known.get(id) : get(`pipeline/status/${encodeURIComponent(id)}`).catch((problem) => {
    if (problem.status === 404) return null;
    throw problem;
  }))));
  const found = jobs.filter(Boolean);
  return { jobs: found, quick: found.some((job) => !FINAL.has(job.status)) };
}

export function render(params, { jobs }, again) {
  return [
    form(again),
    sending.length || jobs.length ? "" : [el("p", { class: "muted" }, "Or from a shell:"), command(curl(`-F file=@document.pdf ${here()}/pipeline/enqueue`))],
    sending.length ? el("ul", { class: "sending" }, sending.map((one) => el("li", { key: one.key },
      `${one.file.name}, ${bytes(one.file.size)}: `,
      one.problem ? [el("span", { class: "problem" }, `${one.problem.title}. ${one.problem.detail ?? ""}`), " ", button("Try again", () => retry(one, again)), " ",
        button("Forget it", () => forget(one, again), { class: "quiet" })] : one.status))) : "",
    jobs.length ? table("What was sent", ["Job", "State", "Queue", "Stage", "Age", "Duration"], jobs.map((job) => ({
      key: job.id,
      cells: [{ head: [jobLink(job.id), nameOf(job)] }, [chip(job.status), job.error_code ? el("span", { class: "code" }, " ", code(job.error_code)) : ""],
        job.queue, progress(job), time(job.created_at), took(job)],
    })), { class: "jobs" }) : "",
  ];
}

function form(again) {
  const files = el("input", { id: "files", type: "file", multiple: true, class: "unseen", on: { change: (event) => take([...event.target.files], event.target, again) } });
  const keep = (name) => ({ change: (event) => (settings[name] = event.target.type === "checkbox" ? String(event.target.checked) : event.target.value.trim()) });
  const review = el("input", { type: "checkbox", id: "review", on: keep("review") });
  review.checked = settings.review === "true";
  return el("form", { class: "upload", on: { submit: (event) => event.preventDefault() } },
    el("div", { class: "line" },
      el("div", { class: "field" }, el("label", { for: "queue" }, "Queue"), el("select", { id: "queue", on: keep("queue") },
        el("option", { value: "" }, "by the number of pages"), QUEUES.map((queue) => el("option", { value: queue }, queue)))),
      who().realm === null ? el("div", { class: "field" }, el("label", { for: "realm" }, "Realm"),
        el("input", { id: "realm", placeholder: "default", pattern: "[A-Za-z0-9_.\\-]{1,64}", on: keep("realm") })) : "",
      el("label", { class: "line" }, review, " A person approves the summary")),
    el("div", {
      class: "drop",
      on: {
        dragover: (event) => {
          event.preventDefault();
          event.currentTarget.classList.add("over");
        },
        dragleave: (event) => event.currentTarget.classList.remove("over"),
        drop: (event) => {
          event.preventDefault();
          event.currentTarget.classList.remove("over");
          take([...event.dataTransfer.files], null, again);
        },
      },
    }, el("p", {}, "Drop documents here, or"), files, el("label", { for: "files", class: "button" }, "Choose documents")));
}

function take(files, field, again) {
  for (const file of files) {
    // Sent again after an error, it makes no second job.
    const key = `dashboard-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    sending.push({ key, file, with: { ...settings }, status: "waits to be sent", problem: null });
  }
  if (field) field.value = "";
  again();
  work(again);
}

let working = 0;

async function work(again) {
  if (working >= AT_ONCE) return;
  const one = sending.find((candidate) => candidate.status === "waits to be sent" && !candidate.problem);
  if (!one) return;
  working++;
  one.status = "is being sent …";
  work(again);
  again();
  try {
    await sendOne(one);
  } catch (problem) {
    one.problem = problem;
    say(`${one.file.name} was not taken`);
  }
  working--;
  work(again);
  again();
}

async function sendOne(one) {
  const body = new FormData();
  if (one.with.queue) body.append("queue", one.with.queue);
  if (one.with.review === "true") body.append("review", "true");
  body.append("file", one.file);
  const headers = { "Idempotency-Key": one.key };
  if (one.with.realm && may("administer")) headers["X-Realm"] = one.with.realm;
  const accepted = await send("POST", "pipeline/enqueue", body, headers);
  sending.splice(sending.indexOf(one), 1);
  say(`${one.file.name} is accepted`);
  if (!isHere()) return;
  const before = (new URLSearchParams(location.search).get("jobs") ?? "").split(",").filter(Boolean);
  replace({ view: "upload", jobs: [accepted.job_id, ...before].slice(0, FOLLOWED).join(",") });
  await now();
}

function isHere() {
  return document.querySelector("form.upload") !== null;
}

function retry(one, again) {
  one.problem = null;
  one.status = "waits to be sent";
  work(again);
}

function forget(one, again) {
  sending.splice(sending.indexOf(one), 1);
  again();
}
