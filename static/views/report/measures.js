/** How somebody spoke, in numbers: each with what it means, how it is reckoned, and the places that it comes from. */
import { h } from "../../components/dom.js";
import { hasText, language, t } from "../../i18n.js";

/** @typedef {import("./report.js").Context} Context */
/** @typedef {import("./clips.js").Clip} Clip */
/** @typedef {{ id: string, value: number | null, count: number, estimated: boolean, missing: string, clips: Clip[], previous: number | null }} Measure */

/** Changes smaller than this part of the value are none. */
const SAME = 0.02;

/** @typedef {import("./report.js").Definition} Definition */

/** @param {number} value @param {Definition | undefined} told */
const figure = (value, told) => value.toLocaleString(language, { minimumFractionDigits: 0, maximumFractionDigits: told?.digits ?? 2 });

/** How it is against the last time, in words. @param {Measure} measure @param {Definition | undefined} told */
function trend({ value, previous }, told) {
  if (value === null || previous === null) return "";
  const change = value - previous;
  if (Math.abs(change) <= SAME * Math.max(Math.abs(value), Math.abs(previous))) return t("report.trend.same");
  return t(change > 0 ? "report.trend.more" : "report.trend.less", { change: figure(Math.abs(change), told) });
}

/** @param {Measure} measure @param {Context} context */
function row(measure, { definitions, clips, practice }) {
  const told = definitions.get(measure.id);
  const value = measure.value === null ? t(hasText(`report.missing.${measure.missing}`) ? `report.missing.${measure.missing}` : "report.missing.too_little") : figure(measure.value, told);
  return h(
    "details",
    { class: "measure", "data-measure": measure.id },
    h(
      "summary",
      {},
      h("span", { class: "label" }, told?.label ?? measure.id),
      h("span", { class: "value" }, measure.value === null ? h("span", { class: "none" }, value) : value, measure.value !== null && told?.unit && h("span", { class: "unit" }, ` ${told.unit}`), measure.estimated && h("span", { class: "unit" }, ` ${t("report.about")}`)),
      h("span", { class: "trend" }, trend(measure, told)),
    ),
    told && definition(told, practice.own_language),
    measure.count > 0 && h("p", { class: "note" }, t("report.count", { count: measure.count })),
    measure.estimated && h("p", { class: "note" }, t("report.estimated")),
    clips.all(measure.clips),
  );
}

/** @param {Definition} told @param {string} lang */
function definition({ definition, formula, source, not_said }, lang) {
  return h(
    "dl",
    { class: "definition", lang: lang === "zh" ? "zh-Hans" : lang },
    h("dt", {}, t("report.definition")),
    h("dd", {}, definition),
    ...(formula ? [h("dt", {}, t("report.formula")), h("dd", {}, h("code", {}, formula))] : []),
    ...(source ? [h("dt", {}, t("report.source")), h("dd", {}, source)] : []),
    ...(not_said ? [h("dt", {}, t("report.not-said")), h("dd", {}, not_said)] : []),
  );
}

/** @param {{ items: Measure[] }} content @param {Context} context */
export const measures = ({ items }, context) => [h("p", { class: "note" }, t("report.press")), ...items.map((measure) => row(measure, context))];

/**
 * @param {{ items: Measure[], new_words: { word: string, level: string, clip: Clip }[], levels: { level: string, count: number, share: number }[],
 *   range: { from: string, to: string, evidence: string[] } | null }} content
 * @param {Context} context
 */
export function vocabulary({ items, new_words, levels, range }, context) {
  const { clips } = context;
  return [
    range &&
      h(
        "div",
        { class: "range" },
        h("p", { class: "figure" }, range.from === range.to ? range.from : t("report.range", { from: range.from, to: range.to })),
        h("p", { class: "note" }, t("report.range.note")),
        h("ul", { class: "lines" }, ...range.evidence.map((text) => h("li", { dir: "auto" }, text))),
      ),
    ...items.map((measure) => row(measure, context)),
    levels.length > 0 && levelTable(levels),
    new_words.length > 0 &&
      h(
        "details",
        { class: "folded" },
        h("summary", {}, t("report.new-words", { count: new_words.length })),
        h("ul", { class: "clips" }, ...new_words.map(({ word, level, clip }) => h("li", {}, h("p", { class: "label", dir: "auto" }, word, level && h("span", { class: "unit" }, ` ${level}`)), clips.one(clip)))),
      ),
  ];
}

/** @param {{ level: string, count: number, share: number }[]} levels */
function levelTable(levels) {
  const rows = levels.map(({ level, count, share }) => {
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.inlineSize = `${Math.round(100 * share)}%`;
    return h("tr", {}, h("th", { scope: "row" }, hasText(`report.level.${level}`) ? t(`report.level.${level}`) : level), h("td", { class: "bar" }, bar), h("td", { class: "count" }, t("report.words", { count, share: Math.round(100 * share) })));
  });
  return h("table", { class: "levels" }, h("caption", {}, t("report.levels")), h("tbody", {}, ...rows));
}
