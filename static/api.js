/** The few things the page asks the server for besides the socket. */
import { key } from "./preferences.js";

/** @typedef {{ en: string, zh: string }} Bilingual */
/**
 * @typedef {object} Character
 * @property {string} id
 * @property {Bilingual} name
 * @property {Bilingual} line
 * @property {string[]} languages
 * @property {string} language
 * @property {{ en: string[], zh: string[] }} [topics]
 * @property {string} accent
 * @property {string} portrait
 * @property {string[]} hears languages the installed recogniser understands
 * @property {string[]} speaks
 */
/** @typedef {{ role: string, name: string, state: string, languages: string[], note: string }} Engine */
/** @typedef {{ code: string, text: Bilingual, command: string }} Advice */
/** @typedef {{ version: string, language_model: { name: string, connected: boolean }, engines: Engine[], advice: Advice[] }} Status */

export class ServerRefused extends Error {
  /** @param {number} status HTTP status, or 0 if there was no answer */
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** @param {string} path @returns {Promise<Response>} */
async function get(path) {
  const headers = key.value ? { Authorization: `Bearer ${key.value}` } : undefined;
  let response;
  try {
    response = await fetch(path, { headers });
  } catch (error) {
    throw Object.assign(new ServerRefused(0), { cause: error });
  }
  if (!response.ok) throw new ServerRefused(response.status);
  return response;
}

/** @returns {Promise<Character[]>} */
export const characters = async () => (await (await get("/api/characters")).json()).data;

/** @returns {Promise<Status>} */
export const status = async () => (await (await get("/api/status")).json()).data;

/** A few words in the character's voice. @param {string} id @param {string} language */
export const sample = async (id, language) =>
  (await get(`/api/characters/${encodeURIComponent(id)}/sample?language=${encodeURIComponent(language)}`)).blob();

/** @param {string} id */
export function realtimeAddress(id) {
  const address = new URL(`/v1/realtime?model=${encodeURIComponent(id)}&extensions=kaikou`, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
