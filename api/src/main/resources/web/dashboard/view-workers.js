// Who works, on what. Those that are silent, lost or have stopped are marked, and shown.

import { get } from "./api.js";
import { el } from "./dom.js";
import { absolute, age, bytes, count, duration, plural } from "./format.js";
import { table, time } from "./parts.js";
import { firstWorker } from "./view-overview.js";

export const right = "administer";

export function title() {
  return "Workers";
}

export async function load() {
  return get("pipeline/workers");
}

export function render(params, { workers, alive }) {
  const others = ["silent", "lost"].map((state) => [workers.filter((worker) => stateOf(worker) === state).length, state])
    .filter(([number]) => number).map(([number, state]) => `, ${number} ${number === 1 ? "is" : "are"} ${state}`);
  return [
    el("p", {}, `${plural(alive, "worker is alive", "workers are alive")}${others.join("")}.`),
    alive ? "" : firstWorker(),
    workers.length ? table("Workers", ["Worker", "State", "Last beat", "Queues", "Jobs now", "Finished", "Failed", "Retried", "p95", "Memory", "Version", "Up for"],
      workers.map((worker) => row(worker))) : "",
  ];
}

function stateOf(worker) {
  return worker.alive ? "alive" : worker.lost ? "lost" : worker.stopped_at ? "stopped" : "silent";
}

const SIGNS = { alive: ["✓", "Alive", "finished"], silent: ["!", "Silent", "failed"], lost: ["✗", "Lost", "failed"], stopped: ["–", "Stopped", "cancelled"] };

function row(worker) {
  const state = stateOf(worker);
  const [sign, word, colour] = SIGNS[state];
  const figures = worker.metrics ?? {};
  // Who signs off does so with its last beat.
  const lived = worker.alive ? null : Date.parse(worker.last_beat_at) - Date.parse(worker.started_at);
  return {
    key: worker.id,
    attributes: { class: state },
    cells: [
      { head: [el("span", { class: "name" }, worker.id), el("span", { class: "muted" }, ` ${worker.host}:${worker.pid}`)] },
      [el("span", { class: `chip ${colour}` }, el("span", { "aria-hidden": "true" }, sign), ` ${word}`),
        state === "lost" ? [" not heard of for ", time(worker.last_beat_at)] : state === "stopped" ? [" signed off ", time(worker.stopped_at, " ago")] : "",
        figures.degraded?.length ? el("span", { class: "problem" }, ` ${[figures.degraded].flat().join("; ")}`) : ""],
      time(worker.last_beat_at, " ago"),
      worker.queues.join(", "),
      `${count(worker.running)} of ${count(worker.concurrency)}`,
      count(figures.finished), count(figures.failed), count(figures.retried),
      figures.run_ms_p95 ? duration(figures.run_ms_p95) : "–", // of the last minutes: 0 when none has ended in them
      figures.rss_bytes ? bytes(figures.rss_bytes) : figures.heap_bytes ? `heap ${bytes(figures.heap_bytes)}` : "–",
      worker.version,
      lived === null ? el("time", { datetime: worker.started_at, title: absolute(worker.started_at) }, age(worker.started_at)) : duration(lived),
    ],
  };
}
