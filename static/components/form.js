/** A form that is sent to the server: what is wrong is said beside the field that it is about. */
import { hasText, t } from "../i18n.js";
import { h } from "./dom.js";
import "./texts.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} [type]
 * @property {string} [autocomplete]
 * @property {string} [value]
 * @property {boolean} [optional]
 * @property {string} [note] about what it takes
 * @property {Record<string, string | number>} [more] attributes
 */
/** @typedef {{ status: number, code: string, text: string, details: any }} Refusal what a server said no with */

/**
 * @param {string} id
 * @param {Field[]} fields
 * @param {string} label of the button that sends it
 * @param {(values: Record<string, string>) => Promise<unknown>} send rejects with a `Refusal` where the server says no
 * @param {string} [username] whose password it asks for, as password managers know it, if no field says so
 */
export function form(id, fields, label, send, username = "") {
  const rows = fields.map((field) => new Row(id, field));
  const alert = h("p", { class: "problem", role: "alert" });
  const button = h("button", { class: "primary" }, label);
  const nameless = fields.some(({ type }) => type === "password") && !fields.some(({ autocomplete }) => autocomplete === "username");
  const whose = h("input", { type: "text", autocomplete: "username", value: username, hidden: true, "aria-label": username });
  const element = h("form", { id, class: "form", novalidate: true }, nameless && whose, ...rows.map((row) => row.element), alert, h("p", { class: "actions" }, button));
  element.onsubmit = async (event) => {
    event.preventDefault();
    alert.textContent = "";
    for (const row of rows) row.say("");
    const missing = rows.filter((row) => !row.field.optional && !row.input.value);
    for (const row of missing) row.say(t("form.missing"));
    if (missing.length) return missing[0].input.focus();
    button.disabled = true;
    try {
      await send(Object.fromEntries(rows.map(({ field, input }) => [field.name, input.value])));
    } catch (error) {
      explain(/** @type {Refusal} */ (error), rows, alert);
    } finally {
      button.disabled = false;
    }
  };
  return element;
}

class Row {
  /** @param {string} form @param {Field} field */
  constructor(form, field) {
    const id = `${form}-${field.name}`;
    this.field = field;
    this.input = h("input", {
      id,
      name: field.name,
      type: field.type ?? "text",
      autocomplete: field.autocomplete ?? "off",
      value: field.value,
      required: !field.optional,
      "aria-describedby": `${id}-note ${id}-problem`,
      dir: "auto",
      ...field.more,
    });
    this.problem = h("p", { id: `${id}-problem`, class: "problem" });
    const label = field.optional ? `${field.label} (${t("form.optional")})` : field.label;
    const note = h("p", { id: `${id}-note`, class: "note", hidden: !field.note }, field.note);
    this.element = h("div", { class: "row" }, h("label", { for: id }, label), this.input, note, this.problem);
  }

  /** What is wrong with it; "" if nothing is. @param {string} text */
  say(text) {
    this.problem.textContent = text;
    if (text) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

/** In the page's words where it has some. @param {string} key @param {string} text */
const worded = (key, text) => (hasText(key) ? t(key) : text || t("form.failed"));

/** @param {Refusal} error @param {Row[]} rows @param {HTMLElement} alert */
function explain(error, rows, alert) {
  if (typeof error.status !== "number") throw error;
  /** @type {{ field: string, code: string, message: string }[]} */
  const faults = error.details?.fields ?? [];
  const named = faults.flatMap((fault) => {
    const row = rows.find(({ field }) => field.name === fault.field);
    row?.say(worded(`fault.${fault.code}`, fault.message));
    return row ?? [];
  });
  if (named.length) return named[0].input.focus();
  const ofAll = faults.find(({ code }) => hasText(`fault.${code}`)); // about several fields together
  if (ofAll) alert.textContent = t(`fault.${ofAll.code}`);
  else alert.textContent = error.status ? worded(`refused.${error.code}`, error.text) : t("form.unreachable");
}
