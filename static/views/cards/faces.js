/** The sides of a card, and when it comes. */
import { h } from "../../components/dom.js";
import { language } from "../../i18n.js";

/** @typedef {import("../../protocol/cards.js").Card} Card */

/** Steps of a length of time, in seconds: unit, how many seconds it has, up to how many of it. @type {[string, number, number][]} */
const UNITS = [
  ["minute", 60, 90],
  ["hour", 3_600, 36],
  ["day", 86_400, 45],
  ["month", 2_629_746, 18],
  ["year", 31_556_952, Infinity],
];

/** The front with what is to be said otherwise marked. @param {string} front @returns {(Node | string)[]} */
export const marked = (front) =>
  front.split(/(\[[^[\]]*\])/).map((part) => (/^\[.*\]$/s.test(part) ? h("mark", { class: "slip" }, part.slice(1, -1)) : part));

/** As it is read in one line, without marks. @param {string} front */
export const plain = (front) => front.replace(/\[([^[\]]*)\]/g, "$1");

/** How long it is until then, roughly: "10 min", "3 days". @param {string} moment @param {number} now in ms */
export function until(moment, now) {
  const seconds = Math.max(60, (Date.parse(moment) - now) / 1000);
  const [unit, size] = UNITS.find(([, size, most]) => seconds / size < most) ?? UNITS[4];
  return Math.round(seconds / size).toLocaleString(language === "zh" ? "zh-CN" : "en", { style: "unit", unit, unitDisplay: unit === "minute" ? "short" : "long" });
}

/** In which language what is learnt is written. @param {string} code */
export const tag = (code) => (code === "zh" ? "zh-Hans" : code);
