// Questions before something is done, and what came of it. While one is open the page behind it stays as it is.

import { button } from "./parts.js";
import { el } from "./dom.js";
import { hold } from "./live.js";

let next = 0;

/** @param make what is in it, from a function that closes it with a value; answers that value, null when it was left */
function open(title, make) {
  return new Promise((resolve) => {
    const id = `dialog-${next++}`;
    let value = null;
    const dialog = el("dialog", { "aria-labelledby": id }, el("h2", { id }, title));
    const close = (answer = null) => {
      value = answer;
      dialog.close();
    };
    dialog.append(...make(close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      hold(id, false);
      resolve(value);
    });
    document.body.append(dialog);
    hold(id, true);
    dialog.showModal();
    dialog.querySelector("[autofocus]")?.focus();
  });
}

/**
 * Asks whether to go on, and why. The button that changes nothing has the focus.
 *
 * @returns {reason}, which may be null; or null when it is not to be done
 */
export function confirm(title, explanation, action, isDanger = false) {
  return open(title, (close) => {
    const reason = el("textarea", { id: "reason", maxlength: "500", rows: "2" });
    return [
      el("p", {}, explanation),
      el("label", { for: "reason" }, "Reason, for the trail (optional)"),
      reason,
      el("div", { class: "actions" },
        button("Keep as it is", () => close(), { autofocus: true }),
        button(action, () => close({ reason: reason.value.trim() || null }), { class: isDanger ? "danger" : "main" })),
    ];
  });
}

export function tell(title, ...content) {
  return open(title, (close) => [...content, el("div", { class: "actions" }, button("Close", () => close(), { autofocus: true }))]);
}

/** For what takes a while: `work` gets a function that shows how far it is, and one that says whether to stop. */
export async function during(title, work) {
  const line = el("p", { role: "status" }, "…");
  let stopped = false;
  let finish;
  const left = open(title, (close) => {
    finish = close;
    return [line, el("div", { class: "actions" }, button("Stop", () => (stopped = true), { autofocus: true }))];
  }).then(() => (stopped = true));
  try {
    return await work((text) => (line.textContent = text), () => stopped);
  } finally {
    finish();
    await left;
  }
}
