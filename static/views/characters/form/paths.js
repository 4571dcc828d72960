/** A character's file by dotted paths, as the server names its fields: `en.questions.0.ask`. */

/** @typedef {import("../../../protocol/characters.js").CharacterFile} CharacterFile */

/** @param {any} file @param {string} path @returns {any} undefined where there is nothing */
export const valueAt = (file, path) => path.split(".").reduce((found, part) => found?.[part], file);

const isEmpty = (/** @type {unknown} */ value) => value === "" || value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** Put a value there. What is empty is left out of the file, for most of its fields may be. @param {any} file @param {string} path @param {any} value */
export function putAt(file, path, value) {
  const parts = path.split(".");
  const last = /** @type {string} */ (parts.pop());
  let table = file;
  for (const part of parts) table = table[part] ??= {};
  if (isEmpty(value) && !Array.isArray(table)) delete table[last];
  else table[last] = value;
}

/** A field that may be one text or several. @param {any} value @returns {any[]} */
export const listOf = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);

const LISTS = ["greetings", "topics", "questions", "exchanges"];

/** The file as the form wants it: where a single text stands for a list of one, there is the list. @param {CharacterFile} file @returns {CharacterFile} */
export function spelledOut(file) {
  const whole = shaped(structuredClone(file));
  for (const table of whole.languages.map((language) => whole[language])) {
    for (const field of LISTS) if (table[field] !== undefined) table[field] = listOf(table[field]);
    table.questions = table.questions?.map((/** @type {any} */ question) => (typeof question === "string" ? { ask: question } : question));
    for (const field of ["questions", "exchanges"]) table[field] = table[field]?.filter(isTable);
    for (const field of ["questions", "exchanges"]) if (!table[field]) delete table[field];
    for (const exchange of table.exchanges ?? []) for (const field of ["heard", "says"]) exchange[field] = listOf(exchange[field]);
  }
  return whole;
}

const isTable = (/** @type {unknown} */ value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Drafts are kept unchecked, whoever sends them: with what the form cannot do without, and nothing where it expects another kind. @param {any} file @returns {CharacterFile} */
function shaped(file) {
  const whole = isTable(file) ? file : {};
  const languages = listOf(whole.languages).filter((code) => typeof code === "string" && /^[a-z]{2,3}$/.test(code));
  whole.languages = languages.length ? languages : ["en"];
  if (!whole.languages.includes(whole.default_language)) delete whole.default_language;
  for (const code of whole.languages) if (!isTable(whole[code])) whole[code] = {};
  for (const field of ["accent", "portrait"]) if (typeof whole[field] !== "string") delete whole[field];
  if (whole.book !== undefined) whole.book = isTable(whole.book) ? { ...whole.book, entries: listOf(whole.book.entries).filter(isTable) } : undefined;
  if (!whole.book) delete whole.book;
  return whole;
}

/** What a new character begins with. @param {string} language @param {string} portrait @returns {CharacterFile} */
export const blank = (language, portrait) => ({ languages: [language], accent: "#3d7aaa", portrait, [language]: {} });

/** Whether anything was written. @param {CharacterFile} file */
export const isBlank = (file) => file.languages.every((language) => Object.keys(file[language] ?? {}).length === 0);

/** @param {CharacterFile} file @param {string} language */
export function addLanguage(file, language) {
  if (!file.languages.includes(language)) file.languages = [...file.languages, language];
  file[language] ??= {};
}

/** @param {CharacterFile} file @param {string} language */
export function removeLanguage(file, language) {
  file.languages = file.languages.filter((one) => one !== language);
  delete file[language];
  if (file.default_language === language) delete file.default_language;
}

/** The language that it speaks unless told otherwise. @param {CharacterFile} file */
export const mainLanguage = (file) => file.default_language ?? file.languages[0] ?? "en";

/** A text of the file in the page's language, or in any that it has. @param {CharacterFile} file @param {string} field @param {string} language @returns {string} */
export function textIn(file, field, language) {
  const found = [language, mainLanguage(file), ...file.languages].map((code) => file[code]?.[field]).find(Boolean);
  return typeof found === "string" ? found : "";
}

/** A field of each language, as characters tell theirs. @param {CharacterFile} file @param {string} field @returns {any} */
export const byLanguage = (file, field) => Object.fromEntries(file.languages.flatMap((code) => (file[code]?.[field] ? [[code, file[code][field]]] : [])));

/** The same without entries that nobody wrote anything in. @template T @param {T} value @returns {T} */
export function tidied(value) {
  if (Array.isArray(value)) return /** @type {any} */ (value.map(tidied).filter((entry) => !isEmpty(entry) && !isHollow(entry)));
  if (value === null || typeof value !== "object") return value;
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).map(([name, part]) => [name, tidied(part)])));
}

/** @param {any} entry */
const isHollow = (entry) => typeof entry === "object" && !Object.values(entry).some((part) => !isEmpty(part) && typeof part !== "boolean" && typeof part !== "number");
