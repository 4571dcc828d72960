/** What the page asks the server of cards. */
import { askData } from "./api.js";

/** @typedef {"again" | "hard" | "good" | "easy"} Rating */
/**
 * @typedef {object} Card
 * @property {string} id @property {string} language
 * @property {string} front in [brackets] what is to be said otherwise @property {string} back
 * @property {string} reason @property {string} kind
 * @property {string | null} practice_id @property {string} line_id
 * @property {"new" | "learning" | "review" | "relearning"} state
 * @property {string} due_at @property {string} created_at
 * @property {Record<Rating, string>} next when it comes again, by how it is answered now
 * @property {number} version
 */
/** @typedef {{ due: number, total: number, next_due_at: string | null, languages: string[] }} Summary */
/** @template T @typedef {{ items: T[], next: string | null }} Page */

const ALL = "api/practice/cards";

/** @param {string} id */
const one = (id) => `${ALL}/${encodeURIComponent(id)}`;

/** @param {Record<string, string>} asked @returns {string} */
const query = (asked) => `?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

/** @param {{ language?: string, q?: string, due?: string, cursor?: string, limit?: string }} asked @param {AbortSignal} signal @returns {Promise<Page<Card>>} */
export const listCards = (asked, signal) => askData(`${ALL}${query(asked)}`, { signal });

/** @param {string} language "" for all @param {AbortSignal} signal @returns {Promise<Summary>} */
export const fetchSummary = (language, signal) => askData(`${ALL}/summary${query({ language })}`, { signal });

/** An answer to a card as it was seen: one that was reviewed elsewhere meanwhile is refused. @param {Card} card @param {Rating} rating @param {number} ms how long it took @returns {Promise<Card>} */
export const reviewCard = ({ id, version }, rating, ms) => askData(`${one(id)}/review`, { method: "POST", body: { rating, ms: Math.round(ms) }, headers: { "If-Match": `"${version}"` } });

/** Undo the last answer. @param {string} id @returns {Promise<Card>} */
export const takeBack = (id) => askData(`${one(id)}/review`, { method: "DELETE" });

/** @param {string} id @param {{ front?: string, back?: string, reason?: string }} changes @returns {Promise<Card>} */
export const editCard = (id, changes) => askData(one(id), { method: "PATCH", body: changes });

/** It can be taken back for ten seconds. @param {string} id */
export const deleteCard = (id) => askData(one(id), { method: "DELETE" });

/** @param {string} id @returns {Promise<Card>} */
export const restoreCard = (id) => askData(`${one(id)}/restore`, { method: "POST" });

/** @param {"apkg" | "tsv"} format @param {string} language "" for all */
export const exportPath = (format, language) => `${ALL}/export${query({ format, language })}`;
