// Cancel, retry or delete: one job, those that are selected, or all that a filter describes. Each is confirmed with the number of
// jobs and a reason, and what was not done is told for each job.

import { Problem, get, send } from "./api.js";
import { confirm, during, tell } from "./dialog.js";
import { el, say } from "./dom.js";
import { plural } from "./format.js";
import { now } from "./live.js";
import { STATES, TAKES, jobLink, table } from "./parts.js";

const WORDS = {
  retry: ["Retry", "retried", "Queued again, with five more attempts."],
  cancel: ["Cancel", "cancelled", "What waits ends at once; what runs is asked to stop."],
  delete: ["Delete", "deleted", "What has not ended is cancelled, and it is hidden everywhere. The trail is kept."],
};
/** Beyond this the number is not worth its price. */
const COUNTED = 5000;

export function wordOf(action) {
  return WORDS[action][0];
}

/** @returns whether it was done */
export async function actOnOne(action, job) {
  const [word, done, means] = WORDS[action];
  const name = job.payload?.filename ? ` ${job.payload.filename}` : "";
  const agreed = await confirm(`${word} this job?`, `${word} job${name} (${job.id}). ${means}`, word, action !== "retry");
  if (!agreed) return false;
  const path = `pipeline/jobs/${job.id}`;
  try {
    const answer = action === "delete"
      ? await send("DELETE", agreed.reason ? `${path}?reason=${encodeURIComponent(agreed.reason)}` : path)
      : await send("POST", path, { action, reason: agreed.reason });
    say(answer.message);
    if (action !== "delete") await now();
    return true;
  } catch (problem) {
    await tellProblem(`The job was not ${done}`, problem);
    return false;
  }
}

/** @returns whether something was sent */
export async function actOnIds(action, ids) {
  const [word, , means] = WORDS[action];
  const agreed = await confirm(`${word} ${plural(ids.length, "job")}?`, means, `${word} ${plural(ids.length, "job")}`, action !== "retry");
  if (!agreed) return false;
  await run(action, { ids }, agreed.reason);
  return true;
}

/** @param filter as POST /pipeline/jobs/bulk takes it; @param words what it describes */
export async function actOnAll(action, filter, words) {
  const [word, , means] = WORDS[action];
  let amount;
  try {
    amount = await during("Counting …", (show, isStopped) => count(action, filter, show, isStopped));
  } catch (problem) {
    await tellProblem("The jobs could not be counted", problem);
    return false;
  }
  if (amount === null) return false;
  if (amount === 0) {
    await tell("Nothing to do", el("p", {}, `No job that matches ${words} is in a state that this takes: ${TAKES[action].map((state) => STATES[state][1]).join(", ")}.`));
    return false;
  }
  const many = amount > COUNTED ? `more than ${plural(COUNTED, "job")}` : plural(amount, "job");
  const agreed = await confirm(`${word} ${many}?`, `All that match ${words}. ${means}`, `${word} ${many}`, action !== "retry");
  if (!agreed) return false;
  await run(action, { filter }, agreed.reason);
  return true;
}

/** @returns null when it was stopped */
async function count(action, filter, show, isStopped) {
  let found = 0;
  let cursor = null;
  do {
    const page = await get("pipeline/jobs/recent", { ...filter, limit: 500, cursor });
    if (isStopped()) return null;
    found += page.jobs.filter((job) => TAKES[action].includes(job.status)).length;
    show(`${plural(found, "job")} so far`);
    cursor = page.next_cursor;
  } while (cursor && found <= COUNTED);
  return found;
}

async function run(action, which, reason) {
  const [, done] = WORDS[action];
  const results = [];
  let failure = null;
  let isStopped = false;
  await during(`${wordOf(action)} …`, async (show, isWanted) => {
    let cursor = null;
    do {
      try {
        const page = await send("POST", "pipeline/jobs/bulk", { action, ...which, reason, ...(cursor ? { cursor } : {}) });
        results.push(...page.results);
        cursor = page.next;
        show(`${plural(results.length, "job")} so far, ${page.remaining} left`);
      } catch (problem) {
        failure = problem;
      }
      isStopped = isWanted();
    } while (cursor && !failure && !isStopped);
    isStopped &&= Boolean(cursor);
  });
  const refused = results.filter((result) => !result.success);
  const line = `${plural(results.length - refused.length, "job")} ${done}${refused.length ? `, ${refused.length} not` : ""}${isStopped ? "; stopped before the rest" : ""}.`;
  say(line);
  await tell("Done", el("p", {}, line), failure ? problemText(failure) : "", perJob(results));
  await now();
}

function perJob(results) {
  const shown = [...results].sort((a, b) => a.success - b.success).slice(0, 200);
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Result of each job" },
    table("Result of each job", ["Job", "Result"], shown.map((result) => ({
      key: result.id,
      cells: [{ head: jobLink(result.id) }, result.success ? `✓ now ${STATES[result.status]?.[1] ?? result.status}` : `✗ ${result.detail ?? result.code}`],
    }))),
    results.length > shown.length ? el("p", { class: "muted" }, `and ${results.length - shown.length} more`) : "");
}

function problemText(problem) {
  return el("p", { class: "problem" }, problem instanceof Problem ? `${problem.title}. ${problem.detail ?? ""} ${problem.request_id ? `Request ${problem.request_id}` : ""}` : String(problem));
}

export function tellProblem(title, problem) {
  return tell(title, problemText(problem));
}
