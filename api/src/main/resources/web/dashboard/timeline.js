// The trail of a job, as it stands in Postgres, and its attempts as they can be read from it.

import { el } from "./dom.js";
import { between, duration } from "./format.js";
import { FINAL, chip, code, table, time } from "./parts.js";

export function timeline(history) {
  const { events } = history;
  return el("section", {}, el("h2", {}, "Timeline"),
    history.verified
      ? el("p", { class: "verified" }, "✓ Trail verified: no event is missing, and none was changed.")
      : el("div", { class: "problem" }, el("p", {}, "✗ The trail does not verify:"), el("ul", {}, history.problems.map((problem) => el("li", {}, problem)))),
    table("Changes of state, the oldest first", ["State", "When", "For", "By", "Reason", "Attempt"], events.map((event, i) => ({
      key: event.seq,
      cells: [
        { head: chip(event.new_state) },
        time(event.timestamp, " ago"),
        lasted(event, events[i + 1]),
        el("span", { class: "cut" }, event.actor),
        [el("span", { class: "cut" }, code(event.reason ?? "–")), Object.entries(event.metadata ?? {}).map(([name, value]) => el("span", { class: "muted" }, ` ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`))],
        event.attempt,
      ],
    }))));
}

function lasted(event, next) {
  if (next) return duration(between(event.timestamp, next.timestamp));
  return FINAL.has(event.new_state) ? "–" : `${duration(between(event.timestamp))} so far`;
}

/** From each start to what ended it. */
export function attempts({ events }, job) {
  const rows = [];
  for (const event of events) {
    const open = rows.at(-1)?.end === null ? rows.at(-1) : null;
    if (event.new_state === "running") rows.push({ begin: event, end: null });
    else if (open) open.end = event;
  }
  if (!rows.length) return "";
  return el("section", {}, el("h2", {}, "Attempts"), table("Attempts, the oldest first", ["Attempt", "Began", "Took", "Ended as", "Error code", "Message", "Worker"], rows.map(({ begin, end }, i) => {
    const isFailure = end !== null && (end.new_state === "failed" || end.new_state === "retrying");
    const isLast = i === rows.length - 1;
    return {
      key: begin.seq,
      cells: [
        { head: begin.attempt },
        time(begin.timestamp, " ago"),
        duration(between(begin.timestamp, end?.timestamp)),
        end ? chip(end.new_state) : chip("running"),
        isFailure ? el("code", {}, code(end.reason ?? "")) : "–",
        isFailure && isLast && job.error ? el("span", { class: "cut" }, job.error) : "–",
        begin.actor.replace(/^worker:/, ""),
      ],
    };
  })));
}
