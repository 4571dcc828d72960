/** The few things the page asks the server for besides the socket. */
import { serverKey } from "../preferences.js";

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
/** @typedef {{ role: string, name: string, state: string, breaker: string, languages: string[], note: string }} Engine */
/** @typedef {{ code: string, text: Bilingual, command: string }} Advice */
/** @typedef {{ version: string, language_model: { name: string, connected: boolean }, engines: Engine[], advice: Advice[] }} Status */

export class ServerRefused extends Error {
  /** @param {number} status HTTP status, or 0 if there was no answer */
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** @param {string} path @param {string} [method] @returns {Promise<Response>} */
async function ask(path, method = "GET") {
  const headers = serverKey.value ? { Authorization: `Bearer ${serverKey.value}` } : undefined;
  let response;
  try {
    response = await fetch(path, { method, headers });
  } catch (error) {
    throw Object.assign(new ServerRefused(0), { cause: error });
  }
  if (!response.ok) throw new ServerRefused(response.status);
  return response;
}

/** @returns {Promise<Character[]>} */
export const fetchCharacters = async () => (await (await ask("/api/characters")).json()).data;

/** @returns {Promise<Status>} */
export const fetchStatus = async () => (await (await ask("/api/status")).json()).data;

/**
 * What the server fetches in the background. Bytes; `hears` and `speaks` are the languages it is for, `generation` counts how
 * often the server's engines were others.
 * @typedef {{ state: "absent" | "fetching" | "stopped" | "failed" | "done", done: number, total: number, hears: string[],
 *   speaks: string[], entries: { name: string, publisher: string, licence: string }[], generation: number, error: string,
 *   may_change: boolean }} Starter
 */

/** Where that stands, after a press if there was one. @param {"stop" | "start"} [press] @returns {Promise<Starter>} */
export const askStarter = async (press) =>
  (await (await (press ? ask(`/api/starter/${press}`, "POST") : ask("/api/starter"))).json()).data;

/** A few words in the character's voice. @param {string} id @param {string} language */
export const fetchSample = async (id, language) =>
  (await ask(`/api/characters/${encodeURIComponent(id)}/sample?language=${encodeURIComponent(language)}`)).blob();

/** @typedef {{ ticket: string, before: number, enter: boolean, ask_again_s: number }} Place */

/** A place in the line before a full server. @param {string} ticket from the answer before, or "" @returns {Promise<Place>} */
export const askForPlace = async (ticket) =>
  (await (await ask(`/api/place?ticket=${encodeURIComponent(ticket)}`, "POST")).json()).data;

/** @param {string} id @param {string} ticket a place in the line, or "" */
export function realtimeAddress(id, ticket) {
  const address = new URL(`/v1/realtime?model=${encodeURIComponent(id)}&extensions=kaikou`, location.href);
  if (ticket) address.searchParams.set("ticket", ticket);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
