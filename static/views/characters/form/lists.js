/** Fields of which there may be several: greetings, questions, exchanges, entries of the lorebook. */
import { h, iconButton } from "../../../components/dom.js";
import { t } from "../../../i18n.js";
import { keyOf, lineField, linesField, unnamedText } from "./fields.js";
import { listOf } from "./paths.js";

/** @typedef {import("./fields.js").Form} Form */

/**
 * A list that grows and shrinks; `draw` gives an entry's fields.
 * @param {Form} form @param {string} path
 * @param {(path: string, number: number) => HTMLElement[]} draw
 * @param {() => unknown} make a new entry
 * @param {{ heading?: boolean }} [how] whether its name stands above it
 */
export function listField(form, path, draw, make, { heading = true } = {}) {
  const key = `field.${keyOf(path)}`;
  const list = h("ul", { class: "entries" });
  const add = h("button", { type: "button", class: "link", "data-add": path, onclick: () => grow() }, t(`${key}.add`));
  const entry = (/** @type {number} */ at) =>
    h(
      "li",
      { class: "entry-fields" },
      h("div", { class: "fields" }, ...draw(`${path}.${at}`, at + 1)),
      iconButton("close", t("list.remove", { what: t(`${key}.one`, { number: at + 1 }) }), { class: "round small", onclick: () => shrink(at) }),
    );
  const redraw = () => list.replaceChildren(...listOf(form.get(path)).map((_value, at) => entry(at)));
  const grow = () => {
    form.put(path, [...listOf(form.get(path)), make()]);
    const number = list.children.length;
    list.append(entry(number));
    first(list.children[number])?.focus();
  };
  const shrink = (/** @type {number} */ at) => {
    form.put(path, listOf(form.get(path)).filter((_value, place) => place !== at));
    redraw();
    (first(list.children[at]) ?? add).focus();
  };
  redraw();
  return h(
    "div",
    { class: "row list", "data-field": path, role: "group", "aria-label": t(key) },
    heading && h("p", { class: "label" }, t(key)),
    h("p", { class: "note" }, t(`${key}.note`)),
    list,
    h("p", { class: "problem" }),
    add,
  );
}

/** @param {Element | undefined} entry @returns {HTMLElement | null} */
const first = (entry) => /** @type {HTMLElement | null} */ (entry?.querySelector("input, textarea, select") ?? null);

/** Several texts of any length. @param {Form} form @param {string} path */
export function textsField(form, path) {
  const one = `field.${keyOf(path)}.one`;
  const draw = (/** @type {string} */ at, /** @type {number} */ number) => [
    h("div", { class: "row", "data-field": at }, unnamedText(form, at, t(one, { number }), 2), h("p", { class: "problem" })),
  ];
  return listField(form, path, draw, () => "");
}

/** What it likes to ask, and what it asks then. @param {Form} form @param {string} path */
export const questionsField = (form, path) => listField(form, path, (at) => [lineField(form, `${at}.ask`, 500), linesField(form, `${at}.then`)], () => ({}));

/** What is said to it, and what it says. @param {Form} form @param {string} path */
export const exchangesField = (form, path) =>
  listField(form, path, (at) => [textsField(form, `${at}.heard`), textsField(form, `${at}.says`)], () => ({ heard: [""], says: [""] }), { heading: false });
