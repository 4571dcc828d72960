/** A part of a report: it is being made, it is there, or it says why it is not. */
import { h } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";
import { hashOf } from "../../router.js";
import { measures, vocabulary } from "./measures.js";
import { mistakes, understood } from "./mistakes.js";
import { next, questions, rubric } from "./interview.js";

/** As they are read: first what to do, then what that is read from. */
export const ORDER = ["next", "questions", "rubric", "mistakes", "understood", "measures", "vocabulary"];

/** @typedef {import("./report.js").Context} Context */
/** @typedef {import("../../components/dom.js").Child} Child */

/** What is drawn of each, from its contents. @type {Record<string, (content: any, context: Context) => Child[]>} */
const CONTENTS = { next, questions, rubric, mistakes, understood, measures, vocabulary };

/** What a language model would make better. */
const BY_MODEL = new Set(["no_language_model", "model_failed", "model_too_slow", "model_unusable", "interrupted"]);

export class Section {
  /** @param {string} name @param {Context} context */
  constructor(name, context) {
    this.name = name;
    this.context = context;
    this.drawn = "";
    this.content = h("div", { class: "content" });
    const id = `part-${name}`;
    this.element = h("section", { class: "chapter", "data-part": name, "aria-labelledby": id }, h("h2", { id }, t(`report.part.${name}`)), this.content);
  }

  /** @param {import("../../protocol/practice.js").Part} part */
  show(part) {
    const { context } = this;
    const drawn = JSON.stringify([part, context.clips.conversation, context.clips.recorded]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.element.dataset.state = part.state;
    this.element.toggleAttribute("aria-busy", part.state === "waiting");
    const reason = part.reason || part.content?.reason || "";
    if (part.state === "waiting") this.content.replaceChildren(h("p", { class: "note" }, t("report.part.waiting")));
    else if (part.state === "missing") this.content.replaceChildren(why(reason || "unknown"));
    else this.content.replaceChildren(...CONTENTS[this.name](part.content, context).filter(isThere), ...(BY_MODEL.has(reason) ? [why(reason, "report.by-rules")] : []));
  }
}

/** @param {Child} child @returns {child is Node | string} */
const isThere = (child) => Boolean(child);

/** Why something is missing, and what helps. @param {string} reason @param {string} [before] what is said first */
function why(reason, before) {
  const said = t(hasText(`report.reason.${reason}`) ? `report.reason.${reason}` : "report.reason.unknown");
  const how = reason === "no_language_model" && h("a", { class: "link", href: hashOf(["settings", "server"]) }, t("report.connect"));
  return h("p", { class: "note why" }, before && `${t(before)} `, said, how && " ", how);
}
