/** The fields of a role or a scene of one's own: each writes into what it was made of. */
import { h } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";
import { idOf, row } from "./controls.js";

/** @param {string} name */
const noteOf = (name) => hasText(`practice.own.${name}.note`) && h("p", { class: "note" }, t(`practice.own.${name}.note`));

/** @param {Record<string, any>} place @param {string} name @param {string} at where that is in the file */
export function lineField(place, name, at) {
  const id = idOf(`${at}.${name}`);
  const field = h("input", { id, type: "text", dir: "auto", autocomplete: "off", value: place[name] ?? "", "aria-describedby": `${id}-problem` });
  field.oninput = () => (place[name] = field.value.trim());
  return row(`${at}.${name}`, h("label", { for: id }, t(`practice.own.${name}`)), noteOf(name), field);
}

/** @param {Record<string, any>} place @param {string} name @param {string} at */
export function textField(place, name, at) {
  const id = idOf(`${at}.${name}`);
  const field = h("textarea", { id, rows: 2, dir: "auto", "aria-describedby": `${id}-problem` });
  field.value = place[name] ?? "";
  field.oninput = () => (place[name] = field.value.trim());
  return row(`${at}.${name}`, h("label", { for: id }, t(`practice.own.${name}`)), noteOf(name), field);
}

/** One text a line. @param {Record<string, any>} place @param {string} name @param {string} at @param {() => void} [changed] */
export function linesField(place, name, at, changed = () => {}) {
  const id = idOf(`${at}.${name}`);
  const field = h("textarea", { id, rows: 2, dir: "auto", "aria-describedby": `${id}-problem` });
  field.value = [place[name] ?? []].flat().join("\n");
  field.oninput = () => {
    place[name] = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    changed();
  };
  return row(`${at}.${name}`, h("label", { for: id }, t(`practice.own.${name}`)), noteOf(name), field);
}

/** @param {Record<string, any>} place @param {string} name @param {string} at @param {string} texts whose values they are @param {string[]} values */
export function manyOf(place, name, at, texts, values) {
  const chosen = () => boxes.filter(({ box }) => box.checked).map(({ value }) => value);
  const boxes = values.map((value) => ({ value, box: h("input", { type: "checkbox", checked: [place[name] ?? []].flat().includes(value), onchange: () => (place[name] = chosen()) }) }));
  const labels = boxes.map(({ value, box }) => h("label", {}, box, h("span", {}, t(`practice.${texts}.${value}`))));
  const field = `${at}.${name}`;
  return h("fieldset", { class: "row segments many", "data-field": field }, h("legend", {}, t(`practice.own.${name}`)), h("div", {}, ...labels), h("p", { class: "problem", role: "alert" }));
}

/** @param {Record<string, any>} place @param {string} name @param {string} at @param {string} texts whose values they are @param {string[]} values */
export function oneOf(place, name, at, texts, values) {
  const id = idOf(`${at}.${name}`);
  const field = h("select", { id }, ...values.map((value) => h("option", { value, selected: value === place[name] }, t(`practice.${texts}.${value}`))));
  field.onchange = () => (place[name] = field.value);
  return row(`${at}.${name}`, h("label", { for: id }, t(`practice.own.${name}`)), field);
}
