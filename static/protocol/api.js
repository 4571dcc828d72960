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
 * @property {string} portrait drawn parts, by name
 * @property {string} [picture] address of one that was given; "" where the portrait is shown
 * @property {string[]} hears languages the installed recogniser understands
 * @property {string[]} speaks
 * @property {boolean} [draft] whether it is talked to as its maker is writing it
 * @property {number} [greeting] which of its greetings it says; the usual one is 0
 */
/** @typedef {{ role: string, name: string, state: string, breaker: string, languages: string[], note: string }} Engine */
/** @typedef {{ code: string, text: Bilingual, command: string }} Advice */
/** @typedef {{ version: string, language_model: { name: string, connected: boolean }, engines: Engine[], advice: Advice[] }} Status */

/** The server's address: the folder that has `static/`, for Kaikou may lie at any path of a site. */
const SERVER = new URL("../../", import.meta.url);

/** An answer that does not come within this time will not come. A sample of a voice may have to be made first. */
const ANSWER_MS = 15_000;
const SAMPLE_MS = 40_000;

/** What the server says to somebody who has to log in, for the first time or again. */
export const LOGGED_OUT = new Set(["login_required", "logged_out", "token_expired", "invalid_token"]);

export class ServerRefused extends Error {
  /**
   * @param {number} status HTTP status, or 0 if there was no answer
   * @param {string} [code] what the server calls the problem
   * @param {any} [details] what it says of it besides
   * @param {string} [text] how it says it, in English
   */
  constructor(status, code = "", details = null, text = "") {
    super(`status ${status} ${code}`);
    this.status = status;
    this.code = code;
    this.details = details;
    this.text = text;
  }

  /** What stands between the two, in one word. @returns {"log-in" | "key" | "origin" | "full" | "unreachable"} */
  get problem() {
    if (this.code === "origin_denied") return "origin";
    if (LOGGED_OUT.has(this.code)) return "log-in";
    if (this.status === 401) return "key";
    return this.status === 503 || this.status === 429 ? "full" : "unreachable";
  }
}

/** An address of the server's. @param {string} path relative to it */
export const serverAddress = (path) => new URL(path, SERVER);

/** What shows the server who asks, besides the cookie of a log-in. @returns {Record<string, string>} */
export const credentials = () => (serverKey.encoded ? { "X-Kaikou-Key": serverKey.encoded } : {});

/**
 * @typedef {object} Asking
 * @property {string} [method]
 * @property {unknown} [body] sent as JSON
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 * @property {number} [withinMs]
 */

/** @param {string} path relative to the server's address @param {Asking} [how] @returns {Promise<Response>} */
export async function ask(path, { method = "GET", body, headers = {}, signal, withinMs = ANSWER_MS } = {}) {
  const timeout = AbortSignal.timeout(withinMs);
  let response;
  try {
    response = await fetch(serverAddress(path), {
      method,
      headers: { ...credentials(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    throw Object.assign(new ServerRefused(0), { cause: error });
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  throw new ServerRefused(response.status, told?.error?.code, told?.error?.details, told?.message);
}

/** The data of an answer; a page of some proxy's is none. @param {string} path @param {Asking} [how] @returns {Promise<any>} */
export async function askData(path, how) {
  const answer = await (await ask(path, how)).json().catch(() => null);
  if (!answer?.success) throw new ServerRefused(0);
  return answer.data;
}

/** Whom the first view shows: the person's own, their favourites, and the built-in ones. @returns {Promise<Character[]>} */
export const fetchCharacters = async () => (await askData("api/characters?whose=home&sort=new&limit=200")).items;

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
export const askStarter = (press) => (press ? askData(`api/starter/${press}`, { method: "POST" }) : askData("api/starter"));

/** A few words in the character's voice. @param {string} id @param {string} language */
export const fetchSample = async (id, language) =>
  (await ask(`api/characters/${encodeURIComponent(id)}/sample?language=${encodeURIComponent(language)}`, { withinMs: SAMPLE_MS })).blob();

/** @typedef {{ ticket: string, before: number, enter: boolean, ask_again_s: number }} Place */

/** A place in the line before a full server. @param {string} ticket from the answer before, or "" @returns {Promise<Place>} */
export const askForPlace = (ticket) => askData(`api/place?ticket=${encodeURIComponent(ticket)}`, { method: "POST" });

/** @param {string} id @param {string} ticket a place in the line, or "" @param {string} continued a conversation that was kept, or "" */
export function realtimeAddress(id, ticket, continued) {
  const address = serverAddress(`v1/realtime?model=${encodeURIComponent(id)}&extensions=kaikou`);
  if (ticket) address.searchParams.set("ticket", ticket);
  if (continued) address.searchParams.set("continue", continued);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
