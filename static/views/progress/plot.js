/** One measure over practices: a line that is drawn, and the same as a table, which screen readers read and anybody may open. */
import { dateOf } from "../../components/dates.js";
import { h, svgIcon } from "../../components/dom.js";
import { language, t } from "../../i18n.js";

/** @typedef {{ at: Date, value: number | null, estimated?: boolean }} Dot of one practice; null where it was not measured */
/** @typedef {{ id: string, label: string, unit: string, note?: string, dots: Dot[], goal?: { at_least: number | null, at_most: number | null } | null }} Series */

/** The drawing, in its own units. */
const WIDTH = 320;
const HEIGHT = 110;
const EDGE = { left: 34, right: 10, top: 10, bottom: 12 };

/** So much of its height a line that is flat leaves free above and below. */
const FREE = 0.15;

/** @param {number} value */
export function figure(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString(language === "zh" ? "zh-CN" : "en", { maximumFractionDigits: digits });
}

/** From where to where the axis goes. @param {number[]} values */
export function range(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const free = (most - least || Math.abs(most) || 1) * FREE;
  return { least: least >= 0 ? Math.max(0, least - free) : least - free, most: most + free };
}

/** Where the dots are in the drawing, in the order of the practices. @param {Dot[]} dots @param {{ least: number, most: number }} axis */
export function places(dots, { least, most }) {
  const [inner, tall] = [WIDTH - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom];
  const step = dots.length > 1 ? inner / (dots.length - 1) : 0;
  return dots.flatMap(({ value }, at) =>
    value === null ? [] : [{ x: EDGE.left + (dots.length > 1 ? at * step : inner / 2), y: EDGE.top + tall * (1 - (value - least) / (most - least)) }],
  );
}

/** @param {Series} series */
export function plot(series) {
  const known = series.dots.flatMap(({ value }) => (value === null ? [] : [value]));
  const last = known.at(-1);
  const table = tableOf(series);
  const toggle = h("button", { type: "button", class: "link as-table", "aria-pressed": "false" }, t("progress.table"));
  const shown = h("div", { class: "drawing", "aria-hidden": "true", html: drawing(series, known) });
  toggle.onclick = () => {
    const open = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", String(open));
    table.classList.toggle("unseen", !open);
    shown.hidden = open;
  };
  return h(
    "figure",
    { class: "plot", "data-plot": series.id },
    h(
      "figcaption",
      {},
      h("span", { class: "label", dir: "auto" }, series.label),
      h("span", { class: "latest" }, last === undefined ? t("progress.unmeasured") : figure(last), series.unit && last !== undefined && h("span", { class: "unit" }, ` ${series.unit}`)),
      toggle,
    ),
    shown,
    table,
    series.note && h("p", { class: "note" }, series.note),
  );
}

/** @param {Series} series @param {number[]} known */
function drawing({ dots, goal }, known) {
  if (!known.length) return "";
  const wanted = goal ? (goal.at_least ?? goal.at_most) : null;
  const axis = range(wanted === null ? known : [...known, wanted]);
  const spots = places(dots, axis);
  const y = (/** @type {number} */ value) => round(places([{ at: new Date(), value }], axis)[0].y);
  const words = (/** @type {number} */ value) => `<text x="${EDGE.left - 6}" y="${y(value) + 3.5}" text-anchor="end">${figure(value)}</text>`;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const line = wanted === null ? "" : `<path class="wanted" d="M${EDGE.left} ${y(wanted)}H${WIDTH - EDGE.right}"/>`;
  const path = spots.map(({ x, y }, at) => `${at ? "L" : "M"}${round(x)} ${round(y)}`).join("");
  const circles = spots.map(({ x, y }, at) => `<circle cx="${round(x)}" cy="${round(y)}" r="${at === spots.length - 1 ? 4 : 2.5}"/>`).join("");
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" focusable="false"><path class="ground" d="M${EDGE.left} ${HEIGHT - EDGE.bottom}H${WIDTH - EDGE.right}"/>${line}${words(most)}${most === least ? "" : words(least)}<path class="line" d="${path}"/>${circles}</svg>`;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/** @param {Series} series */
function tableOf({ label, unit, dots }) {
  const said = (/** @type {Dot} */ { value, estimated }) => (value === null ? "–" : `${figure(value)}${estimated ? ` ${t("progress.estimated")}` : ""}`);
  return h(
    "table",
    { class: "unseen" },
    h("caption", {}, unit ? `${label} (${unit})` : label),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("progress.day")), h("th", { scope: "col" }, t("progress.value")))),
    h("tbody", {}, ...dots.map((dot) => h("tr", {}, h("th", { scope: "row" }, dateOf(dot.at)), h("td", {}, said(dot))))),
  );
}

/** That a goal is reached, for the eye. */
export const reachedSign = () => h("span", { class: "reached", "aria-hidden": "true", html: svgIcon('<path d="M5 12.5l4.500 4.500L19 7.500"/>') });
