/** A JSON schema as a list of its fields, for people. */
import { h } from "../components/dom.js";

/** @typedef {Record<string, any>} Schema */

const DEEPEST = 6;

/** What a reference names. @param {Schema} schema @returns {string} */
const referred = ({ $ref }) => $ref.split("/").at(-1);

/**
 * What a schema is, in a few words: `string`, `string[]`, `Note`, `"a" | "b"`.
 * @param {Schema} schema @param {Record<string, Schema>} known @returns {string}
 */
function typeName(schema, known) {
  if (schema.$ref) return known[referred(schema)]?.enum ? typeName(known[referred(schema)], known) : referred(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {any} */ value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((/** @type {Schema} */ one) => typeName(one, known)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  if (schema.type === "array") return `${typeName(schema.items ?? {}, known)}[]`;
  return schema.format === "binary" ? "binary" : (schema.type ?? "any");
}

/** A text with its `code` marked up. @param {string} text */
export const marked = (text) => text.split(/`([^`]+)`/).map((piece, odd) => (odd % 2 ? h("code", {}, piece) : piece));

/** Bounds and what holds without the field. @param {Schema} schema */
function bounds(schema) {
  const { minimum, maximum, maxLength, default: usual } = schema;
  return [
    minimum !== undefined && `≥ ${minimum}`,
    maximum !== undefined && `≤ ${maximum}`,
    maxLength !== undefined && `≤ ${maxLength} characters`,
    usual !== undefined && usual !== null && usual !== "" && `= ${JSON.stringify(usual)}`,
  ].filter(Boolean).join(", ");
}

/**
 * One field with what is in it.
 * @param {string} name @param {Schema} schema @param {boolean} required @param {Record<string, Schema>} known @param {number} depth
 * @returns {HTMLElement}
 */
export function field(name, schema, required, known, depth = 0) {
  const limits = bounds(schema);
  return h(
    "li",
    {},
    h("code", {}, name),
    h("span", { class: "type" }, ` ${typeName(schema, known)}${required ? "" : "?"}${limits ? `, ${limits}` : ""}`),
    schema.description && h("span", {}, " ", ...marked(schema.description)),
    depth < DEEPEST && fields(schema, known, depth + 1),
  );
}

/**
 * The fields of an object, or of the objects in a list; null where there are none.
 * @param {Schema} schema @param {Record<string, Schema>} known schemas by name @param {number} depth @returns {HTMLElement | null}
 */
export function fields(schema, known, depth = 0) {
  if (schema.$ref) return fields(known[referred(schema)] ?? {}, known, depth);
  if (schema.items) return fields(schema.items, known, depth);
  const choice = (schema.anyOf ?? schema.oneOf)?.find((/** @type {Schema} */ one) => one.$ref || one.items || one.properties);
  if (choice) return fields(choice, known, depth);
  if (!schema.properties) return null;
  const required = new Set(schema.required ?? []);
  const all = Object.entries(schema.properties);
  return h("ul", { class: "fields" }, ...all.map(([name, one]) => field(name, one, required.has(name), known, depth)));
}
