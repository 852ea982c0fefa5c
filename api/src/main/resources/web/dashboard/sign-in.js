// The form that exchanges a key for a session. The key goes to the server and is kept nowhere.

import { signIn } from "./api.js";
import { el, update } from "./dom.js";

/** @param hasEnded whether somebody was signed in; @param done called once somebody is */
export function signInForm(hasEnded, done) {
  const wrong = el("p", { id: "wrong", class: "problem", role: "alert" });
  const key = el("input", { id: "key", type: "password", autocomplete: "current-password", required: true, "aria-describedby": "wrong" });
  const submit = el("button", { class: "main" }, "Sign in");
  return el("form", {
    id: "sign-in",
    on: {
      submit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          await signIn(key.value.trim());
          await done();
        } catch (problem) {
          update(wrong, `${problem.status === 401 ? "This key is not valid" : problem.title}. ${problem.status === 401 ? "" : problem.detail ?? ""}`);
          submit.disabled = false;
          key.select();
        }
      },
    },
  },
  el("h1", {}, "Sign in"),
  el("p", {}, hasEnded ? "The session has ended. " : "", "The admin's key, or a key of a realm. It is exchanged for a session of 12 hours, and not kept."),
  el("label", { for: "key" }, "Key"), key, submit, wrong);
}
