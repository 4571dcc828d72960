/** One card in the list: both sides, when it comes, and what can be done about it. */
import { h, iconButton } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { languageName, t } from "../../i18n.js";
import { deleteCard, editCard, restoreCard } from "../../protocol/cards.js";
import { hashOf } from "../../router.js";
import { marked, plain, tag, until } from "./faces.js";

/** @typedef {import("../../protocol/cards.js").Card} Card */
/** @typedef {{ say: (text: string) => void, changed: () => void }} How `changed`: there are other cards now */

/** The most letters of a side. */
const MOST = 1000;

/** @param {Card} card @param {How} how @returns {HTMLElement} */
export function cardRow(card, how) {
  const text = plain(card.front);
  const due = Date.parse(card.due_at) <= Date.now() ? t("cards.is-due") : t("cards.comes", { when: until(card.due_at, Date.now()) });
  const report = card.practice_id && h("a", { class: "link", href: hashOf(["practice", card.practice_id, "report"]) }, t("cards.from"));
  let removing = false;
  const remove = async () => {
    if (removing) return;
    removing = true;
    try {
      await deleteCard(card.id);
    } catch (error) {
      removing = false;
      if (/** @type {any} */ (error).status !== 404) return how.say(t("cards.failed")); // Else it is deleted in another tab.
    }
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    /** @type {HTMLElement | null} */ (next?.querySelector("button") ?? document.getElementById("search"))?.focus();
    how.changed();
    const act = () =>
      restoreCard(card.id).then(
        () => (how.changed(), t("cards.restored")),
        () => t("cards.restore.late"),
      );
    showUndoBar(t("cards.deleted", { text }), { label: t("cards.undo"), act });
  };
  const row = h(
    "li",
    { class: "card-row", "data-card": card.id },
    h(
      "div",
      { class: "words" },
      h("p", { class: "front", lang: tag(card.language), dir: "auto" }, ...marked(card.front)),
      h("p", { class: "better", lang: tag(card.language), dir: "auto" }, card.back),
      card.reason && h("p", { class: "tongues", dir: "auto" }, card.reason),
      h("p", { class: "tongues" }, `${languageName(card.language)} · ${due}`, report && " · ", report),
    ),
    h(
      "div",
      { class: "tools" },
      iconButton("pencil", t("cards.edit", { text }), { class: "round small edit", onclick: () => edit(row, card, how) }),
      iconButton("trash", t("cards.delete", { text }), { class: "round small delete", onclick: () => void remove() }),
    ),
  );
  return row;
}

/** In its place. @param {HTMLElement} row @param {Card} card @param {How} how */
function edit(row, card, how) {
  const field = (/** @type {"front" | "back" | "reason"} */ name) =>
    h("textarea", { name, rows: 2, maxlength: MOST, required: name !== "reason", dir: "auto", lang: name === "reason" ? undefined : tag(card.language) }, card[name]);
  const fields = /** @type {const} */ ({ front: field("front"), back: field("back"), reason: field("reason") });
  const leave = (/** @type {HTMLElement} */ shown) => {
    item.replaceWith(shown);
    /** @type {HTMLElement | null} */ (shown.querySelector(".edit"))?.focus();
  };
  const rows = Object.entries(fields).map(([name, input]) => h("label", {}, h("span", {}, t(`cards.${name}`)), input));
  const cancel = h("button", { type: "button", class: "plain", onclick: () => leave(row) }, t("cards.cancel"));
  const form = h("form", { class: "editing" }, ...rows, h("p", { class: "note" }, t("cards.brackets")), h("p", { class: "actions" }, h("button", { class: "primary" }, t("cards.save")), cancel));
  const item = h("li", {}, form);
  form.addEventListener("keydown", ({ key }) => key === "Escape" && leave(row));
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const changes = Object.fromEntries(Object.entries(fields).map(([name, input]) => [name, input.value.trim()]));
      leave(cardRow(await editCard(card.id, changes), how));
      how.say(t("cards.saved"));
      how.changed();
    } catch (error) {
      how.say(reasonOf(/** @type {any} */ (error)));
    }
  };
  row.replaceWith(item);
  fields.front.focus();
}
