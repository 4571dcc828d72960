/** A character as the rest of the page knows one, made of its file. */
import { h } from "../../components/dom.js";
import { byLanguage, mainLanguage } from "./form/paths.js";

/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */
/** @typedef {import("../../protocol/api.js").Character} Character */

/** Who somebody is whose name is not known, as the server has it too. @type {Record<string, string>} */
const SOMEBODY = { en: "friend", zh: "朋友" };

/**
 * A text of a card as it is read: names in place of the macros that stand for them, no others, and what is done instead of
 * said set off.
 * @param {string} text @param {string} name @param {string} language of the text
 */
export function asRead(text, name, language) {
  const values = /** @type {Record<string, string>} */ ({ char: name, bot: name, user: SOMEBODY[language] ?? SOMEBODY.en });
  const filled = text
    .replace(/<(user|bot|char)>/gi, "{{$1}}")
    .replace(/\{\{\s*([^{}:]*)(?::([^{}]*))?\}\}/g, (_macro, kind, taken) => values[kind.trim().toLowerCase()] ?? (/^(random|pick)/i.test(kind) ? (taken ?? "").split(/,|::/).find(Boolean) ?? "" : ""));
  return filled.split(/\*+([^*\n]+)\*+/).map((part, at) => (at % 2 ? h("em", {}, part) : part));
}

/**
 * @param {{ id: string, picture?: string }} made @param {CharacterFile} file
 * @param {Character[]} others what the engines understand is told with them
 * @param {boolean} draft whether the talk is with the draft, not with the version that counts
 * @returns {Character}
 */
export function cardOf({ id, picture = "" }, file, others, draft) {
  const done = (/** @type {"hears" | "speaks"} */ what) => file.languages.filter((language) => others.some((other) => other[what].includes(language)));
  return {
    id,
    name: byLanguage(file, "name"),
    line: byLanguage(file, "line"),
    topics: byLanguage(file, "topics"),
    languages: file.languages,
    language: mainLanguage(file),
    accent: file.accent ?? "#5b6470",
    portrait: file.portrait ?? id,
    picture,
    hears: done("hears"),
    speaks: done("speaks"),
    ...(draft && { draft }),
  };
}
