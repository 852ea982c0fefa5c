// The question that a job asks a person, and the form to answer it.

import { get, may, send } from "./api.js";
import { tellProblem } from "./bulk.js";
import { el, say } from "./dom.js";
import { now } from "./live.js";
import { time } from "./parts.js";

/** @returns null when it was answered meanwhile */
export async function loadPrompt(id) {
  try {
    return await get(`pipeline/hitl/${id}/prompt`);
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

export function promptForm(job, prompt) {
  return el("section", { class: "prompt", key: `prompt-${prompt.name}` }, el("h2", {}, `A person is asked: ${prompt.name}`),
    el("p", { class: "muted" }, `${prompt.type}, since `, time(prompt.asked_at)),
    content(prompt.content),
    may("operate") ? form(job, prompt) : el("p", {}, "Your key may not answer."));
}

function content(given) {
  if (given === null || typeof given !== "object") return given === null ? "" : el("p", { class: "prose" }, String(given));
  return Object.entries(given).map(([name, value]) => (typeof value === "string"
    ? [el("h3", {}, name), el("p", { class: "prose" }, value)]
    : el("details", {}, el("summary", {}, name), el("pre", {}, JSON.stringify(value, null, 2)))));
}

function form(job, prompt) {
  const submit = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const words = (name) => (given.get(name) ?? "").trim() || null;
    try {
      const answer = prompt.questions.length
        ? Object.fromEntries(prompt.questions.map((one, i) => [one.name, words(`q${i}`)]).filter(([, text]) => text !== null))
        : JSON.parse(words("json"));
      const confidence = words("confidence");
      await send("POST", `pipeline/hitl/${job.id}/response`, {
        answer, name: prompt.name, reason: words("reason"), ...(confidence === null ? {} : { confidence: Number(confidence) }),
      });
      say("The answer is accepted");
    } catch (problem) {
      await tellProblem("The answer was not accepted", problem instanceof SyntaxError ? { title: "This is not JSON", detail: problem.message } : problem);
    }
    await now();
  };
  return el("form", { on: { submit } },
    prompt.questions.map((question, i) => field(question, `q${i}`)),
    prompt.questions.length ? "" : [el("label", { for: "json" }, "Answer, any JSON but null"), el("textarea", { id: "json", name: "json", rows: "3", required: true })],
    el("div", { class: "line" },
      el("div", { class: "field" }, el("label", { for: "confidence" }, "Confidence, 0 to 1 (optional)"), el("input", { id: "confidence", name: "confidence", type: "number", min: "0", max: "1", step: "0.01" })),
      el("div", { class: "field wide" }, el("label", { for: "answer-reason" }, "Reason, for the trail (optional)"), el("input", { id: "answer-reason", name: "reason", maxlength: "500" }))),
    el("button", { class: "main" }, "Answer"));
}

function field(question, name) {
  const text = question.text ?? question.name;
  if (question.choices?.length) {
    return el("fieldset", {}, el("legend", {}, text), question.choices.map((choice) => el("label", { class: "line" },
      el("input", { type: "radio", name, value: choice, required: Boolean(question.required) }), ` ${choice}`)));
  }
  return [el("label", { for: name }, `${text}${question.required ? "" : " (optional)"}`), el("textarea", { id: name, name, rows: "2", required: Boolean(question.required) })];
}

