/** What the page asks the server of what characters know of the person. */
import { askData } from "./api.js";

/**
 * @typedef {object} Fact
 * @property {string} id
 * @property {string} kind "character" for what a character said of itself
 * @property {string} text
 * @property {string} quote what was said, word for word
 * @property {string | null} conversation_id null where it was entered on the page @property {string} line_id where it was said
 * @property {string} told_at
 * @property {string} valid_from @property {string | null} valid_to when something else was told; null while it holds
 * @property {string | null} character_id who knows it; null for all
 * @property {string | null} told_to @property {boolean} shared
 * @property {string | null} closed_by the fact that contradicted it
 * @property {string} source
 */
/** @typedef {{ character_id: string, state: "on" | "paused" | "off", shared: boolean }} Choice `character_id`: "" for all */
/** @template T @typedef {{ items: T[], next: string | null }} Page */

const ALL = "api/memory";

/** @param {string} id */
const one = (id) => `${ALL}/${encodeURIComponent(id)}`;

/** @param {Record<string, string>} asked @returns {string} */
const query = (asked) => `?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

/** @param {{ character?: string, q?: string, cursor?: string, limit?: string }} asked @param {AbortSignal} signal @returns {Promise<Page<Fact>>} */
export const listFacts = (asked, signal) => askData(`${ALL}${query(asked)}`, { signal });

/** @param {string} text @param {string} character "" for all @returns {Promise<Fact>} */
export const addFact = (text, character) => askData(ALL, { method: "POST", body: { text, ...(character ? { character_id: character } : {}) } });

/** @param {string} id @param {{ text?: string, shared?: boolean }} changes @returns {Promise<Fact>} */
export const changeFact = (id, changes) => askData(one(id), { method: "PATCH", body: changes });

/** It can be taken back for ten seconds. @param {string} id */
export const forgetFact = (id) => askData(one(id), { method: "DELETE" });

/** One that was deleted a moment ago, or that something else took the place of. @param {string} id */
export const restoreFact = (id) => askData(`${one(id)}/restore`, { method: "POST" });

/** What a correction closed holds again; where it closed nothing, it is forgotten itself. @param {string} id */
export async function undoCorrection(id) {
  const { signal } = new AbortController();
  for (let cursor = /** @type {string | null} */ (""); cursor !== null; ) {
    const { items, next } = await listFacts({ cursor, limit: "200" }, signal);
    const closed = items.find(({ closed_by }) => closed_by === id);
    if (closed) return restoreFact(closed.id);
    cursor = next;
  }
  return forgetFact(id);
}

/** All that a character knows, or that anybody knows. @param {string} character "" for anybody */
export const forgetAll = (character) => askData(`${ALL}${query({ character })}`, { method: "DELETE" });

/** @param {AbortSignal} signal @returns {Promise<{ items: Choice[] }>} those that were made */
export const fetchChoices = (signal) => askData(`${ALL}/choices`, { signal });

/** @param {Choice} choice @returns {Promise<Choice>} */
export const choose = (choice) => askData(`${ALL}/choices`, { method: "PUT", body: choice });
