/** What stands between the two: what happened, whether anything was lost, and what to do. */
import { h, keyFields } from "../components/dom.js";
import { has, own, t } from "../i18n.js";
import { key } from "../preferences.js";
import { hearing } from "./choose.js";

/** Troubles that pass by themselves: said without interrupting anybody. */
const QUIET = new Set(["reconnecting", "waiting"]);

/** @param {string} label @param {() => void} onclick @param {string} [id] */
const action = (label, onclick, id) => h("button", { type: "button", class: "plain", id, onclick }, label);

/**
 * Which trouble there is, in one word; "" if none. Two calls with the same word need the same panel.
 * @param {import("../conversation/call.js").Call} call
 */
export function troubleOf(call) {
  const { state } = call;
  if (["asking", "refused", "no-microphone", "insecure"].includes(state)) return call.reason === "busy" ? "busy" : state;
  // Most lines are back before anybody could read that they were lost.
  if (state === "reconnecting") return call.attempt === 1 ? "" : state;
  if (state === "waiting" || state === "failed") return state;
  return state === "gone" ? call.reason : "";
}

/** @param {import("../conversation/call.js").Call} call @param {string} trouble @param {() => void} type */
export function panel(call, trouble, type) {
  const name = own(call.character.name);
  const actions = actionsFor(call, trouble, type);
  return h(
    "div",
    { class: "panel", role: QUIET.has(trouble) ? "status" : "alert", "data-trouble": trouble },
    has(`trouble.${trouble}.title`) && h("h2", {}, t(`trouble.${trouble}.title`, { name })),
    h("p", { class: "because" }, because(call, trouble)),
    trouble === "key" && keyForm(call),
    actions.length > 0 && h("p", { class: "actions" }, ...actions),
  );
}

/**
 * The sentence under the title; a wait changes as it passes.
 * @param {import("../conversation/call.js").Call} call @param {string} trouble
 */
export function because(call, trouble) {
  if (trouble === "failed") return [whyFailed(call), t("trouble.failed.text")].filter(Boolean).join(" ");
  if (trouble === "waiting") return waitingFor(call.before);
  if (trouble !== "reconnecting") return t(`trouble.${trouble}.text`);
  const seconds = Math.ceil((call.retryAt - performance.now()) / 1000);
  return seconds > 0 ? t("trouble.reconnecting.text", { seconds }) : t("trouble.reconnecting.now");
}

/** In the page's words where it has some. @param {import("../conversation/call.js").Call} call */
function whyFailed({ character, language, conversation: { failure, failureCode } }) {
  return (failureCode === "unknown_language" && hearing(character, language)) || failure;
}

/** @param {number} before */
function waitingFor(before) {
  if (before === 0) return t("trouble.waiting.next");
  return before === 1 ? t("trouble.waiting.one") : t("trouble.waiting.text", { before });
}

/** @param {import("../conversation/call.js").Call} call @param {string} trouble @param {() => void} type */
function actionsFor(call, trouble, type) {
  switch (trouble) {
    case "refused":
    case "no-microphone":
    case "busy":
      return [action(t("again"), () => void call.openMicrophone(), "again"), action(t("type.instead"), type, "type")];
    case "insecure":
      return [action(t("type.instead"), type, "type")];
    case "reconnecting":
      return [action(t("now"), () => call.realtime.retryNow(), "again")];
    case "waiting":
      return [action(t("cancel"), () => call.give("full"), "cancel")];
    case "over":
      return [action(t("after.continue"), () => call.retry(), "again")];
    case "unreachable":
    case "full":
      return [action(t("now"), () => call.retry(), "again")];
    default:
      return [];
  }
}

/** @param {import("../conversation/call.js").Call} call */
function keyForm(call) {
  const [name, field] = keyFields({ id: "key", "aria-label": t("key"), required: true });
  const use = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    key.value = field.value;
    call.retry();
  };
  return h("form", { class: "field", onsubmit: use }, name, field, h("button", { class: "plain" }, t("continue")));
}
