/** Nobody answers, or not to us. */
import { h, keyFields } from "../components/dom.js";
import { t } from "../i18n.js";
import { serverKey } from "../preferences.js";

/** @param {HTMLElement} root @param {string} problem in one word @param {() => void} again */
export function noServer(root, problem, again) {
  const locked = problem === "key";
  const [name, field] = keyFields({ id: "key", "aria-label": t("key"), required: true });
  const retry = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (locked) serverKey.value = field.value;
    again();
  };
  root.append(
    h(
      "form",
      { class: "panel no-server", role: "alert", onsubmit: retry },
      h("h1", {}, t(`problem.${problem}.title`)),
      h("p", {}, t(`problem.${problem}.text`, { origin: location.origin })),
      h("p", { class: "field" }, ...(locked ? [name, field] : []), h("button", { id: "again", class: "plain" }, t(locked ? "continue" : "again"))),
    ),
  );
  return { close() {} };
}
