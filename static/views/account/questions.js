/** Security questions, where the server has them: choosing one's own, and answering them when the password is forgotten. */
import { form } from "../../components/form.js";
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { answerQuestions, chooseQuestions, fetchQuestions, questionsOf } from "../../protocol/account.js";
import { knownPassword } from "./passwords.js";

/** @typedef {import("../../protocol/account.js").Me} Me */
/** @typedef {import("../../protocol/account.js").Account} Account */

const PREFIX = "answers.";

/** @param {string[]} questions @param {boolean} optional @returns {import("../../components/form.js").Field[]} */
const fields = (questions, optional) =>
  questions.map((question) => ({ name: PREFIX + question, label: t(`question.${question}`), optional, more: { maxlength: 200 } }));

/** @param {Record<string, string>} values */
const answersIn = (values) =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name, answer]) => name.startsWith(PREFIX) && answer.trim())
      .map(([name, answer]) => [name.slice(PREFIX.length), answer]),
  );

/** Answer three of them, to be asked these. Fetched when it is opened. @param {HTMLDetailsElement} folded @param {Account} account */
export function questionsForm(folded, account) {
  const place = h("div", {});
  const show = async () => {
    const { offered, chosen, asked } = await fetchQuestions();
    const word = h("p", { class: "note", role: "status" });
    const send = async (/** @type {Record<string, string>} */ values) => {
      const now = await chooseQuestions(answersIn(values), values.password ?? "");
      word.textContent = t(now.chosen.length ? "questions.saved" : "questions.none");
      element.reset();
    };
    const element = form("questions", [...fields(offered, true), ...knownPassword(account)], t("account.save"), send, account.email ?? "");
    const known = chosen.length > 0 && h("p", { class: "note" }, t("questions.chosen", { questions: chosen.map((name) => t(`question.${name}`)).join(" ") }));
    place.replaceChildren(h("p", { class: "note" }, t("questions.text", { asked })), ...(known ? [known] : []), element, word);
  };
  folded.addEventListener("toggle", () => {
    if (!folded.open || place.firstChild) return;
    show().catch(() => place.replaceChildren(h("p", { class: "problem", role: "alert" }, t("form.unreachable"))));
  });
  folded.append(place);
}

/**
 * First whose password it is, then that account's questions with the new password.
 * @param {import("../../components/form.js").Field} newPassword @param {(text: string) => void} say
 */
export function answerForm(newPassword, say) {
  const place = h("div", {});
  const ask = async (/** @type {string} */ email) => {
    const questions = await questionsOf(email);
    const send = async (/** @type {Record<string, string>} */ values) => {
      await answerQuestions(email, answersIn(values), values[newPassword.name]);
      place.replaceChildren();
      say(t("enter.reset.done"));
    };
    place.replaceChildren(form("answers", [...fields(questions, false), newPassword], t("enter.reset"), send, email));
    /** @type {HTMLInputElement | null} */ (place.querySelector("input:not([hidden])"))?.focus();
  };
  const email = { name: "email", label: t("enter.email"), type: "email", autocomplete: "username" };
  place.append(form("asked", [email], t("enter.questions"), (values) => ask(values.email)));
  return place;
}
