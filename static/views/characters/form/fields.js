/** The fields of the form: each has a name, says what it is for, and has room for what is wrong with it. */
import { h } from "../../../components/dom.js";
import { hasText, t } from "../../../i18n.js";

/**
 * What a field needs of the form.
 * @typedef {object} Form
 * @property {string} language the one that is being written
 * @property {(path: string) => any} get
 * @property {(path: string, value: any) => void} put
 */

/** A field's key among the texts: its path without language and numbers. @param {string} path */
export const keyOf = (path) => path.replace(/^[a-z]{2,3}\./, "").replace(/\.\d+/g, "");

/** @param {string} path */
export const labelOf = (path) => t(`field.${keyOf(path)}`);

/** @param {string} path */
const idOf = (path) => `field-${path.replaceAll(".", "-")}`;

/** A field in its row. @param {string} path @param {HTMLElement} input @param {Record<string, any>} [more] of the row @param {...import("../../../components/dom.js").Child} beside */
export function row(path, input, more = {}, ...beside) {
  const id = idOf(path);
  const key = `field.${keyOf(path)}`;
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-note ${id}-problem`);
  const note = hasText(`${key}.note`) && h("p", { id: `${id}-note`, class: "note" }, t(`${key}.note`));
  return h(
    "div",
    { class: "row", "data-field": path, ...more },
    h("label", { for: id }, t(key)),
    note,
    input,
    ...beside,
    h("p", { id: `${id}-problem`, class: "problem" }),
  );
}

/** @param {string} path */
const exampleOf = (path) => (hasText(`field.${keyOf(path)}.example`) ? t(`field.${keyOf(path)}.example`) : undefined);

/** Writing that a field takes as it is. @param {Form} form @param {string} path @param {"input" | "textarea"} tag @param {Record<string, any>} [more] */
function written(form, path, tag, more = {}) {
  const field = h(tag, { dir: "auto", placeholder: exampleOf(path), autocomplete: "off", ...more });
  field.value = form.get(path) ?? "";
  field.oninput = () => form.put(path, field.value.trim() ? field.value : "");
  return field;
}

/** @param {Form} form @param {string} path @param {number} most letters */
export const lineField = (form, path, most) => row(path, written(form, path, "input", { type: "text", maxlength: most }));

/** @param {Form} form @param {string} path @param {number} [rows] */
export const textField = (form, path, rows = 3) => row(path, written(form, path, "textarea", { rows }));

/** Writing within a list, which the list names. @param {Form} form @param {string} path @param {string} label @param {number} rows */
export const unnamedText = (form, path, label, rows) => written(form, path, "textarea", { rows, "aria-label": label });

/** Short words in one line, apart by commas. @param {Form} form @param {string} path */
export function wordsField(form, path) {
  const known = form.get(path);
  const field = h("input", { type: "text", dir: "auto", placeholder: exampleOf(path), autocomplete: "off", value: [known ?? []].flat().join(", ") });
  field.oninput = () => form.put(path, words(field.value));
  return row(path, field);
}

/** @param {string} text */
export const words = (text) => text.split(/[,，、;；\n]/).map((word) => word.trim()).filter(Boolean);

/** One text a line. @param {Form} form @param {string} path @param {Record<string, any>} [more] */
export function linesField(form, path, more = {}) {
  const field = h("textarea", { rows: 2, dir: "auto", placeholder: exampleOf(path) });
  field.value = [form.get(path) ?? []].flat().join("\n");
  field.oninput = () => form.put(path, field.value.split("\n").map((line) => line.trim()).filter(Boolean));
  return row(path, field, more);
}

/** @param {Form} form @param {string} path @param {[string, string][]} options value and label @param {string} usual what stands for nothing chosen */
export function choiceField(form, path, options, usual) {
  const chosen = form.get(path) ?? usual;
  const all = options.some(([value]) => value === chosen) ? options : [...options, /** @type {[string, string]} */ ([chosen, chosen])];
  const field = h("select", {}, ...all.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
  field.onchange = () => form.put(path, field.value === usual ? "" : field.value);
  return row(path, field);
}

/** @param {Form} form @param {string} path @param {{ least: number, most: number, step: number, usual: number, said: (value: number) => string }} range */
export function rangeField(form, path, { least, most, step, usual, said }) {
  const field = h("input", { type: "range", min: least, max: most, step, value: form.get(path) ?? usual });
  const output = h("output", {}, said(Number(field.value)));
  field.oninput = () => {
    const value = Number(field.value);
    output.textContent = said(value);
    form.put(path, value === usual ? "" : value);
  };
  return row(path, field, { class: "row measured" }, output);
}

/** @param {Form} form @param {string} path */
export function switchField(form, path) {
  const field = h("input", { type: "checkbox", checked: Boolean(form.get(path)), onchange: () => form.put(path, field.checked || "") });
  return h("label", { class: "switch", "data-field": path }, field, h("span", {}, labelOf(path)));
}
