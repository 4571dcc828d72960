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

/** The server's address: the folder that has `static/`, for Kaikou may lie at any path of a site. */
const SERVER = new URL("../../", import.meta.url);

/** An answer that does not come within this time will not come. A sample of a voice may have to be made first. */
const ANSWER_MS = 15_000;
const SAMPLE_MS = 40_000;

export class ServerRefused extends Error {
  /**
   * @param {number} status HTTP status, or 0 if there was no answer
   * @param {string} [code] what the server calls the problem
   */
  constructor(status, code = "") {
    super(`status ${status} ${code}`);
    this.status = status;
    this.code = code;
  }

  /** What stands between the two, in one word. @returns {"key" | "origin" | "full" | "unreachable"} */
  get problem() {
    if (this.code === "origin_denied") return "origin";
    if (this.status === 401) return "key";
    return this.status === 503 || this.status === 429 ? "full" : "unreachable";
  }
}

/**
 * @param {string} path relative to the server's address
 * @param {string} [method] @param {number} [withinMs] @returns {Promise<Response>}
 */
async function ask(path, method = "GET", withinMs = ANSWER_MS) {
  const key = serverKey.encoded;
  const headers = key ? { "X-Kaikou-Key": key } : undefined;
  let response;
  try {
    response = await fetch(new URL(path, SERVER), { method, headers, signal: AbortSignal.timeout(withinMs) });
  } catch (error) {
    throw Object.assign(new ServerRefused(0), { cause: error });
  }
  if (!response.ok) throw new ServerRefused(response.status, (await response.json().catch(() => null))?.error?.code);
  return response;
}

/** The data of an answer; a page of some proxy's is none. @param {string} path @param {string} [method] @returns {Promise<any>} */
async function askData(path, method) {
  const answer = await (await ask(path, method)).json().catch(() => null);
  if (!answer?.success) throw new ServerRefused(0);
  return answer.data;
}

/** @returns {Promise<Character[]>} */
export const fetchCharacters = () => askData("api/characters");

/** @returns {Promise<Status>} */
export const fetchStatus = () => askData("api/status");

/**
 * What the server fetches in the background. Bytes; `hears` and `speaks` are the languages it is for, `generation` counts how
 * often the server's engines were others.
 * @typedef {{ state: "absent" | "fetching" | "stopped" | "failed" | "done", done: number, total: number, hears: string[],
 *   speaks: string[], entries: { name: string, publisher: string, licence: string }[], generation: number, error: string,
 *   may_change: boolean }} Starter
 */

/** Where that stands, after a press if there was one. @param {"stop" | "start"} [press] @returns {Promise<Starter>} */
export const askStarter = (press) => (press ? askData(`api/starter/${press}`, "POST") : askData("api/starter"));

/** A few words in the character's voice. @param {string} id @param {string} language */
export const fetchSample = async (id, language) =>
  (await ask(`api/characters/${encodeURIComponent(id)}/sample?language=${encodeURIComponent(language)}`, "GET", SAMPLE_MS)).blob();

/** @typedef {{ ticket: string, before: number, enter: boolean, ask_again_s: number }} Place */

/** A place in the line before a full server. @param {string} ticket from the answer before, or "" @returns {Promise<Place>} */
export const askForPlace = (ticket) => askData(`api/place?ticket=${encodeURIComponent(ticket)}`, "POST");

/** @param {string} id @param {string} ticket a place in the line, or "" */
export function realtimeAddress(id, ticket) {
  const address = new URL(`v1/realtime?model=${encodeURIComponent(id)}&extensions=kaikou`, SERVER);
  if (ticket) address.searchParams.set("ticket", ticket);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
