/** One thing that is known of the person: since when, from which line, and what can be done about it. */
import { dateOf } from "../../components/dates.js";
import { h, iconButton } from "../../components/dom.js";
import { marked } from "../../components/found.js";
import { reasonOf } from "../../components/reasons.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { hasText, t } from "../../i18n.js";
import { changeFact, forgetFact, restoreFact } from "../../protocol/memory.js";
import { hashOf } from "../../router.js";

/** @typedef {import("../../protocol/memory.js").Fact} Fact */
/**
 * @typedef {object} How
 * @property {string} q what was searched for, marked in it
 * @property {(character: string) => string} nameOf
 * @property {(text: string) => void} say
 * @property {() => void} changed others may be other ones now, too
 */

/** @param {Fact} fact @param {How} how @returns {HTMLElement} */
export function factRow(fact, how) {
  const { text } = fact;
  const closed = fact.valid_to !== null;
  const said = h("p", { class: "name", dir: "auto" }, ...marked(text, how.q));
  const failed = () => how.say(t("memory.failed"));
  const remove = () =>
    forgetFact(fact.id).then(() => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      /** @type {HTMLElement | null} */ (next?.querySelector("button") ?? document.getElementById("fact"))?.focus();
      showUndoBar(t("memory.forgotten", { text }), { label: t("memory.undo"), act: () => undo(fact.id, how) });
    }, failed);
  const share = () => changeFact(fact.id, { shared: !fact.shared }).then(how.changed, failed);
  const sharing = t("memory.share");
  const row = h(
    "li",
    { class: "fact", "data-fact": fact.id, "data-closed": closed, tabindex: -1 },
    h(
      "div",
      { class: "words" },
      said,
      fact.conversation_id && h("blockquote", { class: "line", dir: "auto" }, ...marked(t("memory.quote", { quote: fact.quote }), how.q)),
      h("p", { class: "tongues" }, ...between(about(fact, how), " · ")),
    ),
    h(
      "div",
      { class: "tools" },
      closed && h("button", { type: "button", class: "plain restore", onclick: () => void restoreFact(fact.id).then(how.changed, failed) }, t("memory.restore")),
      !closed && fact.told_to && iconButton("people", `${sharing}: ${text}`, { class: "round small share", title: sharing, "aria-pressed": fact.shared, onclick: () => void share() }),
      !closed && iconButton("pencil", t("memory.correct", { text }), { class: "round small correct", onclick: () => correct(row, fact, how) }),
      iconButton("trash", t("memory.forget", { text }), { class: "round small forget", onclick: () => void remove() }),
    ),
  );
  return row;
}

/** Since when and until when it holds, who knows it, and where it was said. @param {Fact} fact @param {How} how */
function about(fact, how) {
  const since = t("memory.since", { day: dateOf(new Date(fact.valid_from)) });
  const until = fact.valid_to && t("memory.until", { day: dateOf(new Date(fact.valid_to)) });
  const kind = hasText(`memory.kind.${fact.kind}`) && t(`memory.kind.${fact.kind}`);
  const from = fact.conversation_id && h("a", { class: "link", href: hashOf(["history", fact.conversation_id, ...(fact.line_id ? [fact.line_id] : [])]) }, t("memory.line"));
  const told = fact.told_to && t(fact.kind === "character" ? "memory.told-by" : "memory.told-to", { name: how.nameOf(fact.told_to) });
  return [kind, since, until, told, fact.shared && t("memory.known-to-all"), from || t("memory.entered")].flatMap((part) => part || []);
}

/** @param {(Node | string)[]} parts @param {string} mark */
const between = (parts, mark) => parts.flatMap((part, at) => (at ? [mark, part] : [part]));

/** @param {string} id @param {How} how @returns {Promise<string>} what has come of it */
async function undo(id, how) {
  try {
    await restoreFact(id);
    how.changed();
    return t("memory.undone");
  } catch {
    return t("memory.undo.late");
  }
}

/** In its place. @param {HTMLElement} row @param {Fact} fact @param {How} how */
function correct(row, fact, how) {
  const field = h("input", { type: "text", value: fact.text, required: true, maxlength: 120, "aria-label": t("memory.correct.label"), dir: "auto", autocomplete: "off" });
  const leave = () => {
    item.replaceWith(row);
    /** @type {HTMLElement | null} */ (row.querySelector(".correct"))?.focus();
  };
  const cancel = h("button", { type: "button", class: "plain", onclick: leave }, t("memory.cancel"));
  const form = h("form", { class: "adding" }, field, h("button", { class: "primary" }, t("memory.save")), cancel);
  const item = h("li", { class: "fact editing" }, form);
  form.addEventListener("keydown", ({ key }) => key === "Escape" && leave());
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const fresh = factRow(await changeFact(fact.id, { text: field.value.trim() }), how);
      item.replaceWith(fresh);
      /** @type {HTMLElement | null} */ (fresh.querySelector(".correct"))?.focus();
      how.say(t("memory.corrected"));
    } catch (error) {
      how.say(reasonOf(error));
    }
  };
  row.replaceWith(item);
  field.select();
}
