/** What to do next; of an interview each question with its answer, and the rubric. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";

/** @typedef {import("./report.js").Context} Context */
/** @typedef {import("./clips.js").Clip} Clip */
/** @typedef {{ text: string }} Text */
/**
 * @typedef {{ step: string, title: string, asked: boolean, answered: boolean, clips: Clip[],
 *   structure: Record<"situation" | "task" | "action" | "result", Clip | null> | null,
 *   strength: { text: string, clip: Clip } | null, change: Text | null, stronger: Text | null }} Question
 */
/** @typedef {{ id: string, label: string, low: number, high: number, anchors: string[], why: string, evidence: Clip[] }} Dimension */

const STRUCTURE = /** @type {const} */ (["situation", "task", "action", "result"]);

/** @param {{ items: { text: string, why: string, clips: Clip[] }[] }} content @param {Context} context */
export function next({ items }, { clips }) {
  if (items.length === 0) return [h("p", {}, t("report.next.none"))];
  const rows = items.map(({ text, why, clips: places }) => {
    const folded = places.length > 0 && h("details", { class: "folded" }, h("summary", {}, t("report.where")), clips.all(places));
    return h("li", {}, h("p", { class: "label", dir: "auto" }, text), h("p", { class: "reason", dir: "auto" }, why), folded);
  });
  return [h("ol", { class: "next" }, ...rows)];
}

/** @param {{ items: Question[] }} content @param {Context} context */
export function questions({ items }, context) {
  return items.map((question, number) => {
    const { title, asked, answered } = question;
    const state = t(!asked ? "report.not-asked" : answered ? "report.answered" : "report.not-answered");
    return h(
      "details",
      { class: "question", open: answered && number === 0, "data-step": question.step },
      h("summary", {}, h("span", { class: "label", dir: "auto" }, title), h("span", { class: "unit" }, state)),
      ...(answered ? answerOf(question, context) : []),
    );
  });
}

/** @param {Question} question @param {Context} context */
function answerOf({ clips: answer, structure, strength, change, stronger }, { clips }) {
  return [
    clips.all(answer, t("report.your-answer")),
    structure && structureOf(structure, clips),
    strength && h("div", {}, h("h3", {}, t("report.strength")), h("p", { dir: "auto" }, strength.text), clips.one(strength.clip)),
    change && h("div", {}, h("h3", {}, t("report.change")), h("p", { dir: "auto" }, change.text)),
    stronger && h("div", {}, h("h3", {}, t("report.stronger")), h("p", { class: "stronger", dir: "auto" }, stronger.text)),
  ];
}

/** @param {NonNullable<Question["structure"]>} structure @param {import("./clips.js").Clips} clips */
function structureOf(structure, clips) {
  const rows = STRUCTURE.flatMap((part) => {
    const clip = structure[part];
    return [h("dt", {}, t(`report.star.${part}`)), h("dd", {}, clip ? clips.one(clip) : h("span", { class: "none" }, t("report.star.none")))];
  });
  return h("div", {}, h("h3", {}, t("report.star")), h("dl", { class: "star" }, ...rows));
}

/** @param {{ dimensions: Dimension[], impression: Text | null }} content @param {Context} context */
export function rubric({ dimensions, impression }, { clips }) {
  const rows = dimensions.map(({ id, label, low, high, anchors, why, evidence }) => {
    const scored = low === high ? t("report.score", { score: low }) : t("report.score.range", { low, high });
    const dots = anchors.map((_text, i) => h("i", { class: i + 1 >= low && i + 1 <= high ? "on" : "" }));
    const steps = anchors.map((text, i) => h("li", { dir: "auto", "aria-current": i + 1 >= low && i + 1 <= high && "true" }, text));
    return h(
      "details",
      { class: "dimension", "data-dimension": id },
      h("summary", {}, h("span", { class: "label" }, label), h("span", { class: "dots", "aria-hidden": "true" }, ...dots), h("span", { class: "value" }, scored)),
      h("p", { dir: "auto" }, why),
      clips.all(evidence),
      h("h3", {}, t("report.anchors")),
      h("ol", { class: "anchors" }, ...steps),
    );
  });
  return [impression && h("p", { class: "impression", dir: "auto" }, impression.text), ...rows, h("p", { class: "note" }, t("report.rubric.note"))];
}
