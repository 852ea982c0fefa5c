// Which view is shown stands in the address and nowhere else: whoever has the address sees the same, and Back works.

/** @returns {view, params}: a job by its id, a view by its name, else the overview */
export function current() {
  const params = new URLSearchParams(location.search);
  return { view: params.has("job") ? "job" : params.get("view") ?? "overview", params };
}

/** @param parameters those without a value are left out */
export function query(parameters) {
  const set = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return `?${set}`;
}

/** @param state what goes into the entry of the browser's history, and is not needed by others */
export function go(parameters, state = null) {
  const address = typeof parameters === "string" ? parameters : query(parameters);
  if (address !== (location.search || "?")) history.pushState(state, "", address);
  dispatchEvent(new Event("navigated"));
}

/** The same entry of the history, with another address. */
export function replace(parameters) {
  history.replaceState(history.state, "", query(parameters));
}

/** Links within the page need no load; with a modifier, or to elsewhere, they do what links do. */
export function install() {
  addEventListener("popstate", () => dispatchEvent(new Event("navigated")));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='?']");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });
}
