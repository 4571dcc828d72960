/** When both say the words of a sentence: two rows on one line of time, and the same as a table for who cannot see them. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";

/** @typedef {import("../../protocol/shadow.js").Shadowed} Shadowed */
/** @typedef {import("../../protocol/shadow.js").Stretch} Stretch */
/** @typedef {{ text: string, state: string, span: Stretch | null }} Drawn */

const SVG = "http://www.w3.org/2000/svg";
const ROW = 46;
const BAR = 26;
const TOP = 16;

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(1);

/** @param {string} tag @param {Record<string, string | number>} properties @param {...Node} children */
function s(tag, properties, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {Shadowed} told */
export function timeline(told) {
  return h("div", { class: "shadow-times" }, drawing(told), h("div", { class: "unseen" }, table(told)));
}

/** @param {Shadowed} told */
function drawing(told) {
  const whole = Math.max(told.person.length_ms, told.model?.length_ms ?? 0, 1);
  const at = (/** @type {number} */ ms) => `${((100 * ms) / whole).toFixed(2)}%`;
  const model = told.words.map(({ text, model }) => ({ text, state: "model", span: model }));
  const person = [
    ...joined(told.words.map(({ text, state, heard, person }) => ({ text: heard || text, state, span: person }))),
    ...told.extras.map(({ text, person }) => ({ text, state: "extra", span: person })),
  ];
  /** @type {[string, Drawn[], Stretch[]][]} */
  const rows = [...(told.model ? [/** @type {[string, Drawn[], Stretch[]]} */ ([t("shadow.model"), model, told.model.pauses])] : []), [t("shadow.you"), person, told.person.pauses]];
  const drawn = rows.flatMap(([label, words, pauses], row) => [
    s("text", { x: 0, y: row * ROW + TOP - 4, class: "who" }, document.createTextNode(label)),
    ...pauses.map((pause) => pauseOf(pause, row, at)),
    ...words.flatMap((word) => (word.span ? [wordOf(word, word.span, row, at)] : [])),
  ]);
  return s("svg", { width: "100%", height: rows.length * ROW + 4, "aria-hidden": "true", focusable: "false" }, ...drawn);
}

/** Words that were taken for one stretch of the sound share it. @param {Drawn[]} words */
function joined(words) {
  return words.filter(({ span }, index) => {
    const before = words[index - 1]?.span;
    return !(span && before && span.start_ms === before.start_ms && span.end_ms === before.end_ms);
  });
}

/** @param {Drawn} word @param {Stretch} span @param {number} row @param {(ms: number) => string} at */
function wordOf({ text, state }, { start_ms, end_ms }, row, at) {
  const label = s("text", { x: 4, y: BAR / 2 + 5 }, document.createTextNode(text));
  const box = s("rect", { width: "100%", height: BAR, rx: 4 });
  const title = s("title", {}, document.createTextNode(`${text} ${seconds(start_ms)} s`));
  return s("svg", { x: at(start_ms), y: row * ROW + TOP, width: at(Math.max(40, end_ms - start_ms)), height: BAR, class: `word ${state}` }, title, box, label);
}

/** @param {Stretch} pause @param {number} row @param {(ms: number) => string} at */
function pauseOf({ start_ms, end_ms }, row, at) {
  const y = row * ROW + TOP + BAR / 2;
  return s("g", { class: "pause" }, s("line", { x1: at(start_ms), x2: at(end_ms), y1: y, y2: y }), s("text", { x: at((start_ms + end_ms) / 2), y: y - 4, "text-anchor": "middle" }, document.createTextNode(`${seconds(end_ms - start_ms)} s`)));
}

/** @param {Shadowed} told */
function table({ words, model }) {
  const when = (/** @type {Stretch | null} */ span) => (span ? `${seconds(span.start_ms)} s` : "–");
  const heads = [t("shadow.word"), t("shadow.understood"), ...(model ? [t("shadow.model")] : []), t("shadow.you")];
  return h(
    "table",
    {},
    h("caption", {}, t("shadow.times")),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h(
      "tbody",
      {},
      ...words.map((word) =>
        h("tr", {}, h("th", { scope: "row" }, word.text), h("td", {}, t(`shadow.state.${word.state}`, { heard: word.heard })), model && h("td", {}, when(word.model)), h("td", {}, when(word.person))),
      ),
    ),
  );
}
