/** The questions of the form: each has a name, what it means as it is chosen, and room for what is wrong with it. */
import { h, segmentedControl } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";

/** A row that the server can find fault with. @param {string} field as the server names it @param {...import("../../components/dom.js").Child} children */
export const row = (field, ...children) =>
  h("div", { class: "row", "data-field": field }, ...children, h("p", { class: "problem", id: `${idOf(field)}-problem`, role: "alert" }));

/** @param {string} field */
export const idOf = (field) => `choose-${field.replaceAll(".", "-")}`;

/**
 * One of a few. What is chosen is explained where the texts have an explanation.
 * @param {string} field @param {string} name of the texts: `practice.NAME`, `practice.NAME.VALUE`, `practice.NAME.VALUE.note`
 * @param {string[]} values @param {string} chosen @param {(value: string) => void} onchoose
 */
export function choice(field, name, values, chosen, onchoose) {
  const note = h("p", { class: "note", role: "status" });
  const explain = (/** @type {string} */ value) => {
    const key = `practice.${name}.${value}.note`;
    note.textContent = hasText(key) ? t(key) : "";
    note.hidden = !note.textContent;
  };
  explain(chosen);
  const options = /** @type {[string, string][]} */ (values.map((value) => [value, t(`practice.${name}.${value}`)]));
  const control = segmentedControl(idOf(field), t(`practice.${name}`), options, chosen, (value) => {
    explain(value);
    onchoose(value);
  });
  return row(field, control, note);
}

/** @param {string} field @param {string} name of the texts @param {boolean} checked @param {(checked: boolean) => void} onchoose */
export function toggle(field, name, checked, onchoose) {
  const box = h("input", { id: idOf(field), type: "checkbox", role: "switch", checked, "aria-describedby": `${idOf(field)}-note` });
  box.onchange = () => onchoose(box.checked);
  return row(field, h("label", { class: "switch" }, box, h("span", {}, t(`practice.${name}`))), h("p", { class: "note", id: `${idOf(field)}-note` }, t(`practice.${name}.note`)));
}

/** With whom. @param {import("../../protocol/api.js").Character[]} characters @param {string} language @param {string} chosen @param {(id: string) => void} onchoose */
export function withWhom(characters, language, chosen, onchoose) {
  const id = idOf("character_id");
  const able = characters.filter(({ languages }) => languages.includes(language));
  const field = h("select", { id }, h("option", { value: "" }, t("practice.with.usual")));
  for (const character of able) field.append(h("option", { value: character.id, selected: character.id === chosen }, nameOf(character)));
  field.onchange = () => onchoose(field.value);
  return row("character_id", h("label", { for: id }, t("practice.with")), field);
}

/** @param {import("../../protocol/api.js").Character} character */
const nameOf = ({ name }) => t("practice.with.name", { name: name.en === name.zh || !name.zh ? name.en : `${name.en} · ${name.zh}` });

/**
 * Say what the server found wrong, beside the fields; what has no field here is given back.
 * @param {HTMLElement} form @param {{ field: string, code: string, message: string }[]} faults
 */
export function showFaults(form, faults) {
  for (const said of form.querySelectorAll("[data-field] > .problem")) said.textContent = "";
  const lost = faults.filter((fault) => {
    const place = nearest(form, fault.field);
    const said = place?.querySelector(":scope > .problem");
    if (said) said.textContent = worded(fault);
    return !said;
  });
  const first = form.querySelector("[data-field]:has(> .problem:not(:empty)) :is(input, textarea, select)");
  if (first instanceof HTMLElement) first.focus();
  return lost.map(worded);
}

/** The row of a field, or of what it is a part of. @param {HTMLElement} form @param {string} path */
function nearest(form, path) {
  for (let parts = path.split("."); parts.length; parts = parts.slice(0, -1)) {
    const found = form.querySelector(`[data-field="${CSS.escape(parts.join("."))}"]`);
    if (found) return found;
  }
  return null;
}

/** @param {{ code: string, message: string }} fault */
const worded = ({ code, message }) => (hasText(`practice.fault.${code}`) ? t(`practice.fault.${code}`) : message);
