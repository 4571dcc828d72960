/** What differs between two files, field by field, as one reads it. */
import { h } from "../../components/dom.js";
import { hasText, languageName, t } from "../../i18n.js";
import { listOf } from "./form/paths.js";

/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */
/** @typedef {{ text: string, mark: "same" | "gone" | "new" }} Piece */

/** Longer texts are told whole, before and after: comparing them word by word takes too long. */
const MOST_WORDS = 800;

/** Where the longest common parts of two lists are, as a list of what stays, goes and comes. @param {string[]} before @param {string[]} after @returns {Piece[]} */
function compared(before, after) {
  const columns = after.length + 1;
  const longest = new Uint16Array((before.length + 1) * columns);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      longest[i * columns + j] = before[i] === after[j] ? longest[(i + 1) * columns + j + 1] + 1 : Math.max(longest[(i + 1) * columns + j], longest[i * columns + j + 1]);
  /** @type {Piece[]} */
  const pieces = [];
  const add = (/** @type {string} */ text, /** @type {Piece["mark"]} */ mark) => {
    const last = pieces.at(-1);
    if (last?.mark === mark) last.text += text;
    else pieces.push({ text, mark });
  };
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) (add(before[i++], "same"), j++);
    else if (longest[(i + 1) * columns + j] >= longest[i * columns + j + 1]) add(before[i++], "gone");
    else add(after[j++], "new");
  }
  while (i < before.length) add(before[i++], "gone");
  while (j < after.length) add(after[j++], "new");
  return pieces;
}

/** Words with the space after them; Chinese by the character. @param {string} text */
const wordsOf = (text) => text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+\s*|\s+/gu) ?? [];

/** @param {string} before @param {string} after @returns {Piece[]} */
export function textDifference(before, after) {
  const [one, other] = [wordsOf(before), wordsOf(after)];
  if (Math.max(one.length, other.length) <= MOST_WORDS) return compared(one, other);
  return [{ text: before, mark: "gone" }, { text: after, mark: "new" }].flatMap((piece) => (piece.text ? /** @type {Piece[]} */ ([piece]) : []));
}

/** A value as a person reads it. @param {any} value @returns {string} */
function readable(value) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(readable).join("\n");
  if (typeof value !== "object") return String(value);
  return Object.entries(value).filter(([, part]) => listOf(part).length).map(([name, part]) => `${label(name)}: ${readable(part)}`).join("\n");
}

/** @param {string} field */
const label = (field) => (hasText(`field.${field}`) ? t(`field.${field}`) : field);

/** @param {CharacterFile} file fields by path: those of a language one deeper */
const fieldsOf = (file) =>
  new Map(Object.entries(file).flatMap(([name, value]) => (file.languages.includes(name) ? Object.entries(value).map(([field, part]) => /** @type {[string, any]} */ ([`${name}.${field}`, part])) : [/** @type {[string, any]} */ ([name, value])])));

/** @param {string} path */
function titleOf(path) {
  const [language, field] = path.split(".");
  return field ? `${label(field)} (${languageName(language)})` : label(language);
}

/** @param {CharacterFile} before @param {CharacterFile} after @returns {HTMLElement | null} null if nothing differs */
export function differences(before, after) {
  const [one, other] = [fieldsOf(before), fieldsOf(after)];
  const changed = [...new Set([...one.keys(), ...other.keys()])].filter((path) => readable(one.get(path)) !== readable(other.get(path)));
  if (changed.length === 0) return null;
  return h("dl", { class: "differences" }, ...changed.flatMap((path) => [h("dt", {}, titleOf(path)), h("dd", { dir: "auto" }, ...marked(textDifference(readable(one.get(path)), readable(other.get(path)))))]));
}

/** @param {Piece[]} pieces */
const marked = (pieces) => pieces.map(({ text, mark }) => (mark === "same" ? text : h(mark === "gone" ? "del" : "ins", {}, text)));
