// Puts the parts together: finds the view that the address names, has it ask, and shows what it makes of the answers.
//
// A view is {title, right, load(params, before), render(params, data)}: load asks the server, with what it knew of the same address
// before; render makes all of the page anew from what was answered, and the page is brought up to date in place.

import { Problem, loadSession, may, signOut, who } from "./api.js";
import { el, say, update } from "./dom.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { button } from "./parts.js";
import * as route from "./route.js";
import { signInForm } from "./sign-in.js";
import * as dead from "./view-dead.js";
import * as job from "./view-job.js";
import * as jobs from "./view-jobs.js";
import * as overview from "./view-overview.js";
import * as upload from "./view-upload.js";
import * as workers from "./view-workers.js";

const VIEWS = { overview, jobs, dead, workers, upload, job };
const main = document.getElementById("main");

const NOTHING = { address: null, subject: null, data: null };

let shown = NOTHING;

/** @returns name and parameters of the view, and its subject: what tells whether it is about something else than before */
function viewNow() {
  const { view, params } = route.current();
  const known = Object.hasOwn(VIEWS, view) && (view !== "job" || params.has("job")) ? view : "overview";
  const name = known === "overview" && who() && !may("read") ? "upload" : known; // who only sends has no other start
  return { name, params, subject: `${name} ${name === "job" ? params.get("job") : ""}` };
}

/** Asks for what the address names and shows it; the same is done again with each refresh. */
async function refresh() {
  const address = location.search;
  try {
    if (!who()) {
      await loadSession();
      live.restart();
    }
    const { name, params, subject } = viewNow();
    const view = VIEWS[name];
    const data = may(view.right) ? await view.load(params, shown.address === address ? shown.data : null) : null;
    if (location.search !== address) return { quick: false }; // somebody went on meanwhile
    shown = { address, subject, data };
    paint(name, params, data);
    banner(null);
    return { quick: data?.quick ?? false };
  } catch (problem) {
    if (location.search !== address) return { quick: false };
    failed(problem);
    throw problem;
  }
}

function paint(name, params, data) {
  const view = VIEWS[name];
  frame(name);
  document.title = `${view.title(params, data)} · Jobtrail`;
  main.removeAttribute("aria-busy");
  update(main, data === null
    ? [el("h1", { tabindex: "-1" }, view.title(params, data)), el("p", {}, `Your key has the role ${who().role}, which may not see this.`)]
    : [el("h1", { tabindex: "-1" }, view.title(params, data)), ...view.render(params, data, again)]);
}

/** What is shown once more, after something that only the page knows has changed. */
function again() {
  const { name, params, subject } = viewNow();
  if (subject === shown.subject && who()) paint(name, params, shown.data);
}

function failed(problem) {
  if (problem.status === 401) {
    const wasIn = shown !== NOTHING;
    live.restart();
    frame(null);
    document.title = "Sign in · Jobtrail";
    shown = NOTHING;
    banner(null);
    if (!document.getElementById("sign-in")) {
      update(main, signInForm(wasIn, async () => {
        live.restart();
        update(main);
        await navigated();
      }));
      document.getElementById("key").focus();
    }
    return;
  }
  if (!(problem instanceof Problem)) console.error(problem);
  banner(problem);
  const { name, params, subject } = viewNow();
  if (shown.subject !== subject) {
    frame(name);
    document.title = `${VIEWS[name].title(params, null)} · Jobtrail`;
    main.removeAttribute("aria-busy");
    update(main, el("h1", { tabindex: "-1" }, VIEWS[name].title(params, null)), problem.status === 404
      ? el("p", {}, "There is nothing here: it never was, was deleted, or its time has run out.")
      : el("p", { class: "muted" }, "Nothing can be shown yet."));
  }
}

/** What was shown stays; the banner says that it is old. */
function banner(problem) {
  update(document.getElementById("banner"), problem ? el("div", {},
    el("strong", {}, problem.title ?? "The page has a fault"),
    problem.detail ? ` ${problem.detail}` : ` ${problem.message ?? ""}`,
    problem.request_id ? el("span", { class: "muted" }, ` Request ${problem.request_id}.`) : "",
    " ", button("Try again", () => live.now())) : "");
}

/** The frame around the view: where one can go, and who one is. */
function frame(name) {
  const entry = (view, text, right) => may(right)
    ? el("a", { key: view, href: view === "overview" ? "?" : `?view=${view}`, "aria-current": view === name ? "page" : false }, text)
    : "";
  update(document.getElementById("nav"),
    entry("overview", "Overview", "read"), entry("jobs", "Jobs", "read"), entry("dead", "Dead letters", "read"),
    entry("workers", "Workers", "administer"), entry("upload", "Upload", "submit"));
  const me = who();
  update(document.getElementById("who"), !me ? "" : me.by === "development"
    ? el("span", { class: "muted", title: "No ADMIN_API_KEY is set: everybody on this machine may do all" }, "development")
    : [el("span", { class: "muted", title: me.actor }, `${me.role}${me.realm ? ` of ${me.realm}` : ""} `),
      me.by === "session" ? button("Sign out", leave, { class: "quiet" }) : ""]);
}

async function leave() {
  try {
    await signOut();
    shown = NOTHING;
  } catch (problem) {
    banner(problem);
  }
  await live.now();
}

/** Another address: the old view must not pass for the new one while that is asked for. */
async function navigated() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  const { name, params, subject } = viewNow();
  const isOther = subject !== shown.subject;
  if (isOther) {
    if (!document.getElementById("sign-in")) {
      main.setAttribute("aria-busy", "true");
      update(main, el("h1", { tabindex: "-1" }, VIEWS[name].title(params, null)), el("p", { class: "muted" }, "Loading …"));
    }
    scrollTo(0, 0);
  }
  jobs.forgetSelection();
  await live.now();
  if (isOther && who()) {
    const wanted = history.state?.focus && document.getElementById(history.state.focus);
    (wanted || main.querySelector("h1"))?.focus({ preventScroll: true });
    say(document.title);
  }
}

route.install();
keys.install();
live.install(refresh);
addEventListener("navigated", navigated);
addEventListener("session-changed", () => {
  shown = NOTHING; // what another may see
  live.restart();
  live.now();
});
addEventListener("popstate", () => document.querySelector("form.search")?.reset()); // what was typed and not sent
document.getElementById("help").addEventListener("click", keys.help);
live.now();
