/** What the page asks the server of files. */
import { askData, serverAddress } from "./api.js";

/**
 * @typedef {object} StoredFile
 * @property {string} id @property {string} name
 * @property {string} type told by what is in it
 * @property {number} bytes
 * @property {"permanent" | "temporary"} area
 * @property {string} created_at @property {string | null} expires_at when it is deleted
 * @property {string} link by which it can be read without a log-in, for a day
 */
/** @typedef {{ files: number, bytes: number, most_files: number, most_bytes: number }} Usage what a person has, and may have */

/** @param {string} cursor @param {AbortSignal} signal @returns {Promise<{ items: StoredFile[], next: string | null, usage: Usage }>} */
export const listFiles = (cursor, signal) => askData(`api/files?${new URLSearchParams(cursor ? { cursor } : {})}`, { signal });

/** @param {string} id @returns {Promise<StoredFile>} */
export const fetchFile = (id) => askData(`api/files/${encodeURIComponent(id)}`);

/** @param {string} id */
export const deleteFile = (id) => askData(`api/files/${encodeURIComponent(id)}`, { method: "DELETE" });

/** @param {string} id */
export const contentPath = (id) => `api/files/${encodeURIComponent(id)}/content`;

/** The whole address of a file's link, wherever the site has the server. @param {StoredFile} file */
export const wholeLink = ({ link }) => serverAddress(link.slice(link.lastIndexOf("/api/") + 1)).href;
