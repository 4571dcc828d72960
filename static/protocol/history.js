/** What the page asks the server of conversations that were kept. */
import { askData, serverAddress } from "./api.js";

/** @typedef {{ text: string, marked: boolean }} Part */
/**
 * @typedef {object} Kept a conversation
 * @property {string} id
 * @property {string} title given by the person; empty until then
 * @property {{ id: string, name: string, version: string }} character
 * @property {string} language
 * @property {string | null} [practice_id] the practice that it was, which has a report
 * @property {string} talked_at when it was begun, or gone on with the last time
 * @property {string | null} ended_at null while it goes on
 * @property {number} lines @property {number} length_ms
 * @property {boolean} recorded @property {boolean} pinned
 * @property {string} preview
 * @property {{ line_id: string, excerpt: Part[] }[]} hits where it was found, if something was searched for
 * @property {number} version
 */
/**
 * @typedef {object} KeptLine
 * @property {string} id @property {"user" | "assistant"} role
 * @property {string} said @property {string} heard
 * @property {number} at_ms since the conversation began @property {number | null} end_ms
 * @property {boolean} interrupted
 */
/** @template T @typedef {{ items: T[], next: string | null }} Page */

/** @param {string} id */
const one = (id) => `api/conversations/${encodeURIComponent(id)}`;

/** @param {Record<string, string>} asked @returns {string} */
const query = (asked) => `?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

/** @param {{ q?: string, cursor?: string, pinned?: string }} asked @param {AbortSignal} signal @returns {Promise<Page<Kept>>} */
export const listConversations = (asked, signal) => askData(`api/conversations${query(asked)}`, { signal });

/** @param {string} id @param {AbortSignal} signal @returns {Promise<Kept>} */
export const fetchConversation = (id, signal) => askData(one(id), { signal });

/** From a cursor on, or half a page before a line. @param {string} id @param {{ cursor?: string, around?: string }} from @param {AbortSignal} signal @returns {Promise<Page<KeptLine>>} */
export const fetchLines = (id, from, signal) => askData(`${one(id)}/lines${query({ ...from, limit: "200" })}`, { signal });

/** @param {Kept} kept @param {{ title?: string, pinned?: boolean }} changes @returns {Promise<Kept>} */
export const editConversation = ({ id, version }, changes) =>
  askData(one(id), { method: "PATCH", body: changes, headers: { "If-Match": `"${version}"` } });

/** It can be taken back for ten seconds. @param {string} id */
export const deleteConversation = (id) => askData(one(id), { method: "DELETE" });

/** @param {string} id */
export const restoreConversation = (id) => askData(`${one(id)}/restore`, { method: "POST" });

/** @param {string} id */
export const recordingPath = (id) => `${one(id)}/recording`;

/** @param {string} id @param {string} format */
export const exportPath = (id, format) => `${one(id)}/export?format=${format}`;

/**
 * @typedef {object} Job something that is done in the background
 * @property {string} id
 * @property {"queued" | "running" | "done" | "failed" | "cancelled"} state
 * @property {number} progress from 0 to 1
 * @property {{ code: string, message: string } | null} error
 * @property {any} result of an export `link`, `name`, `bytes`, `expires_at`
 */

/** Everything that is kept, as one file. @returns {Promise<Job>} */
export const beginExport = () => askData("api/conversations/export", { method: "POST", body: {} });

/** @param {string} id */
const job = (id) => `api/jobs/${encodeURIComponent(id)}`;

/** @param {string} id @param {AbortSignal} signal @returns {Promise<Job>} */
export const fetchJob = (id, signal) => askData(job(id), { signal });

/** @param {string} id @returns {Promise<Job>} */
export const cancelJob = (id) => askData(job(id), { method: "DELETE" });

/** The whole address of a link, wherever the site has the server. @param {{ link: string }} linked */
export const linkOf = ({ link }) => serverAddress(link.slice(link.lastIndexOf("/api/") + 1)).href;
