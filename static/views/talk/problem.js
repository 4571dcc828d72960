/** What stands between the two: what happened, whether anything was lost, and what to do. */
import { h, keyFields } from "../../components/dom.js";
import { hasText, localized, t } from "../../i18n.js";
import { hashOf } from "../../router.js";
import { serverKey } from "../../preferences.js";
import { hearing } from "../choose.js";

/** Problems that pass by themselves: said without interrupting anybody. */
const PASSING = new Set(["reconnecting", "waiting"]);

/** @param {string} label @param {() => void} onclick @param {string} [id] */
const action = (label, onclick, id) => h("button", { type: "button", class: "plain", id, onclick }, label);

/**
 * Which problem there is, in one word; "" if none. Two calls with the same word need the same panel.
 * @param {import("../../conversation/call.js").Call} call
 */
export function problemOf(call) {
  const { state } = call;
  if (["asking", "refused", "no-microphone", "insecure"].includes(state)) return call.access;
  // Most lines are back before anybody could read that they were lost.
  if (state === "reconnecting") return call.attempt === 1 ? "" : state;
  if (state === "waiting" || state === "failed") return state;
  return state === "gone" ? call.reason : "";
}

/** @param {import("../../conversation/call.js").Call} call @param {string} problem @param {() => void} type */
export function problemPanel(call, problem, type) {
  const name = localized(call.character.name);
  const actions = actionsFor(call, problem, type);
  return h(
    "div",
    { class: "panel", role: PASSING.has(problem) ? "status" : "alert", "data-problem": problem },
    hasText(`problem.${problem}.title`) && h("h2", {}, t(`problem.${problem}.title`, { name })),
    h("p", { class: "because" }, explanation(call, problem)),
    problem === "key" && keyForm(call),
    actions.length > 0 && h("p", { class: "actions" }, ...actions),
  );
}

/**
 * The sentence under the title; a wait changes as it passes.
 * @param {import("../../conversation/call.js").Call} call @param {string} problem
 */
export function explanation(call, problem) {
  if (problem === "failed") return [failureText(call), t("problem.failed.text")].filter(Boolean).join(" ");
  if (problem === "waiting") return placeInLine(call.waitingLine.ahead);
  if (problem !== "reconnecting") return t(`problem.${problem}.text`, { origin: location.origin });
  const seconds = Math.ceil((call.retryAt - performance.now()) / 1000);
  return seconds > 0 ? t("problem.reconnecting.text", { seconds }) : t("problem.reconnecting.now");
}

/** In the page's words where it has some. @param {import("../../conversation/call.js").Call} call */
function failureText({ character, language, conversation: { failure, failureCode } }) {
  return (failureCode === "unknown_language" && hearing(character, language)) || failure;
}

/** @param {number} before */
function placeInLine(before) {
  if (before === 0) return t("problem.waiting.next");
  return before === 1 ? t("problem.waiting.one") : t("problem.waiting.text", { before });
}

/** @param {import("../../conversation/call.js").Call} call @param {string} problem @param {() => void} type */
function actionsFor(call, problem, type) {
  switch (problem) {
    case "refused":
    case "no-microphone":
    case "busy":
      return [action(t("again"), () => void call.openMicrophone(), "again"), action(t("type.instead"), type, "type")];
    case "insecure":
      return [action(t("type.instead"), type, "type")];
    case "reconnecting":
      return [action(t("now"), () => call.realtime.retryNow(), "again")];
    case "waiting":
      return [action(t("cancel"), () => call.giveUp("full"), "cancel")];
    case "log-in":
      return [h("a", { class: "plain", id: "log-in", href: hashOf(["account"]) }, t("problem.log-in.act"))];
    case "over":
      return [action(t("after.continue"), () => call.retry(), "again")];
    case "unreachable":
    case "no-socket":
    case "origin":
    case "full":
      return [action(t("now"), () => call.retry(), "again")];
    default:
      return [];
  }
}

/** @param {import("../../conversation/call.js").Call} call */
function keyForm(call) {
  const [name, field] = keyFields({ id: "key", "aria-label": t("key"), required: true });
  const use = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    serverKey.value = field.value;
    call.retry();
  };
  return h("form", { class: "field", onsubmit: use }, name, field, h("button", { class: "plain" }, t("continue")));
}
