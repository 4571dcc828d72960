/** What the page asks the server of characters that people made: finding them, and what one does with somebody else's. */
import { askData } from "./api.js";

/** @typedef {import("./api.js").Character} Character */
/**
 * @typedef {object} FoundParts what lists tell of a character besides
 * @property {boolean} mine whether who asks made it
 * @property {boolean} published @property {boolean} favourite
 * @property {number} talks with how many people it talked lately
 * @property {"talk" | "practice" | "interview" | "story"} purpose
 * @property {string[]} tags
 * @property {{ id: string, name: string } | null} origin whose copy it is
 * @property {string | null} updated_at null for the built-in ones
 */
/** @typedef {Character & FoundParts} Found */
/** @typedef {{ q: string, language: string, purpose: string, voice: string, sort: string, whose: string }} Wanted "" for any */
/** @template T @typedef {{ items: T[], next: string | null }} Page */

const ALL = "api/characters";

/** @param {string} id */
const one = (id) => `${ALL}/${encodeURIComponent(id)}`;

/** @param {Record<string, string>} asked @returns {string} */
const query = (asked) => `?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

/** @param {Wanted} wanted @param {string} cursor @param {number} limit @param {AbortSignal} signal @returns {Promise<Page<Found>>} */
export const findCharacters = (wanted, cursor, limit, signal) => askData(`${ALL}${query({ ...wanted, cursor, limit: String(limit) })}`, { signal });

/** @param {string} id @param {boolean} favourite */
export const setFavourite = (id, favourite) => askData(`${one(id)}/favourite`, { method: favourite ? "PUT" : "DELETE" });

/** @param {string} id @param {boolean} published */
export const setPublished = (id, published) => askData(`${one(id)}/${published ? "publish" : "unpublish"}`, { method: "POST" });

/** One of my own that is the same. @param {string} id @returns {Promise<{ id: string }>} */
export const copyCharacter = (id) => askData(`${one(id)}/copy`, { method: "POST" });

/** @param {string} id @param {string} reason @param {string} text */
export const reportCharacter = (id, reason, text) => askData(`${one(id)}/report`, { method: "POST", body: { reason, text } });

/** One, and whether it can be talked to: of some there is only a draft yet. @param {string} id @param {AbortSignal} signal @returns {Promise<Found & { file: object | null, visibility: string }>} */
export const fetchFound = (id, signal) => askData(one(id), { signal });

/**
 * What somebody reported, as operators see it.
 * @typedef {{ id: string, reason: string, text: string, created_at: string,
 *   character: { id: string, name: string, visibility: string } }} Report
 */

/** @param {string} cursor @param {AbortSignal} signal @returns {Promise<Page<Report>>} */
export const listReports = (cursor, signal) => askData(`api/reports${query({ cursor })}`, { signal });

/** From everybody but who made it; or not any more, which also settles what was reported. @param {string} id @param {boolean} hidden */
export const setHidden = (id, hidden) => askData(`${one(id)}/${hidden ? "hide" : "show"}`, { method: "POST" });
