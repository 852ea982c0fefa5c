// Every call of the page to the server. Paths are relative to the page, so that it works behind any prefix.

import { serverTime } from "./format.js";

/** What went wrong, as the server tells it (RFC 9457), or that it could not be asked. */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title);
    Object.assign(this, problem);
  }
}

/** A server whose database hangs says so sooner: then it hangs itself. Uploads may take longer. */
const LONGEST_MS = 30000;

let session = null;

/** @returns who is signed in; null = nobody */
export function who() {
  return session;
}

/** Whether a button makes sense. The server decides for itself. */
export function may(right) {
  return session !== null && session.rights.includes(right);
}

export async function loadSession() {
  session = null;
  session = await get("pipeline/session");
  return session;
}

export async function signIn(key) {
  await send("POST", "pipeline/session", { key });
  return loadSession();
}

export async function signOut() {
  await send("DELETE", "pipeline/session");
  session = null;
}

export async function get(path, parameters = {}) {
  return (await answer("GET", address(path, parameters))).json();
}

/** The same as the server wrote it. */
export async function getText(path) {
  return (await answer("GET", path)).text();
}

/** @param parameters those without a value are left out */
export function address(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return query.size ? `${path}?${query}` : path;
}

/**
 * @param body a FormData, or what becomes JSON; undefined = none
 * @returns what it answers; null when that is nothing
 */
export async function send(method, path, body, headers = {}) {
  const made = await answer(method, path, body, headers);
  return made.status === 204 ? null : made.json();
}

async function answer(method, path, body, headers = {}, again = true) {
  const all = { Accept: "application/json", ...headers };
  if (method !== "GET" && session?.csrf_token) all["X-CSRF-Token"] = session.csrf_token;
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) all["Content-Type"] = "application/json";
  let response;
  try {
    const signal = method === "GET" ? AbortSignal.timeout?.(LONGEST_MS) : undefined;
    response = await fetch(path, { method, headers: all, signal, body: body === undefined || isForm ? body : JSON.stringify(body) });
  } catch {
    throw new Problem({ title: "The server cannot be reached", detail: "Is it running, and is the network up?", status: 0 });
  }
  serverTime(response.headers.get("Date"));
  // /health answers with 503 as well, and that is an answer.
  if (response.ok || (path === "health" && response.status === 503)) return response;
  const problem = await problemOf(response);
  if (problem.status === 401) session = null;
  if (problem.code === "INVALID_CSRF_TOKEN" && again) {
    const before = session;
    session = await get("pipeline/session"); // somebody signed in anew in another tab
    if (isSame(before, session)) return answer(method, path, body, headers, false);
    dispatchEvent(new Event("session-changed"));
    throw new Problem({
      title: "Somebody else has signed in in another tab",
      detail: `This was not done, since the page now acts as ${session.actor}. Do it again if it is still wanted.`,
      status: problem.status,
      request_id: problem.request_id,
    });
  }
  throw problem;
}

/** What was agreed to with the rights of one is not done with those of another. */
function isSame(one, other) {
  return one.actor === other.actor && one.role === other.role && one.realm === other.realm;
}

async function problemOf(response) {
  const requestId = response.headers.get("X-Request-Id");
  try {
    return new Problem({ request_id: requestId, ...(await response.json()) });
  } catch {
    return new Problem({ title: `The server answered ${response.status}`, status: response.status, request_id: requestId });
  }
}
