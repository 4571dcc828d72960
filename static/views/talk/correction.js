/** What would be said otherwise, quietly at the person's line: *said → better*, why, and what to do with it. */
import { h } from "../../components/dom.js";
import { lineOf } from "../../conversation/conversation.js";
import { t } from "../../i18n.js";
import { makeCard } from "../../protocol/practice.js";

/** @typedef {import("../../conversation/conversation.js").Correction} Correction */

/** Characters that are still said in one go: some ten seconds of English. */
const LONGEST = 120;

/** @param {import("../../conversation/call.js").Call} call @param {string} itemId @param {Correction} correction */
export function correctionLine(call, itemId, correction) {
  const { said, better, reason } = correction;
  const word = h("span", { class: "word", role: "status" });
  return h(
    "div",
    { class: "correction" },
    h("p", {}, h("del", { dir: "auto" }, said), h("span", { class: "arrow", "aria-label": t("correction.better") }, " → "), h("ins", { dir: "auto" }, better)),
    h("p", { class: "reason", dir: "auto" }, reason),
    h("p", { class: "presses" }, cardButton(call, itemId, correction, word), shadowButton(call, () => ({ text: betterSentence(lineOf(call.conversation, itemId)?.text ?? "", correction) })), word),
  );
}

/** The sentence of the line that the slip stands in, as it is better; of one too long to say after somebody only the slip. @param {string} line @param {Correction} correction */
export function betterSentence(line, { at, said, better }) {
  if (line.slice(at, at + said.length) !== said) return better;
  const before = line.slice(0, at).replace(/^.*(?:[.!?]\s+|[。！？\n])/s, "");
  const [after] = line.slice(at + said.length).match(/^.*?(?:[.!?](?=\s|$)|[。！？\n]|$)/s) ?? [""];
  const sentence = (before + better + after).trim();
  return sentence.length > LONGEST ? better : sentence;
}

/** @param {import("../../conversation/call.js").Call} call @param {string} itemId @param {Correction} correction @param {HTMLElement} word */
function cardButton({ practice, language, conversation }, itemId, { at, said, better, reason, kind }, word) {
  const sentence = lineOf(conversation, itemId)?.text ?? "";
  const button = h("button", { type: "button", class: "link" }, t("correction.card"));
  button.onclick = async () => {
    button.disabled = true;
    try {
      await makeCard({ language, said, better, sentence, at, reason, kind, practice_id: practice?.id, line_id: itemId });
      button.replaceWith(h("span", { class: "made" }, t("correction.card.made")));
      word.textContent = "";
    } catch {
      button.disabled = false;
      word.textContent = t("correction.card.failed");
    }
  };
  return button;
}

/** A press to say a sentence after the character. @param {import("../../conversation/call.js").Call} call @param {() => { text: string }} of what is known of it */
export function shadowButton(call, of) {
  const { character, language } = call;
  const button = h("button", { type: "button", class: "link" }, t("correction.shadow"));
  button.onclick = async () => {
    const { shadow } = await import("../shadow/shadow.js");
    shadow({ language, character: character.id, ...of() }, call);
  };
  return button;
}
