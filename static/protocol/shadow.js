/** What the page asks the server of sentences that somebody says after a model. */
import { askData, credentials, serverAddress, ServerRefused } from "./api.js";

/** A recogniser may be busy with others first. */
const HEARD_MS = 60_000;
const SPOKEN_MS = 40_000;

/** @typedef {{ start_ms: number, end_ms: number }} Stretch */
/** @typedef {{ text: string, start_ms: number, end_ms: number }} TimedWord */
/** @typedef {{ text: string, at: number, state: "matched" | "other" | "missed", heard: string, model: Stretch | null, person: Stretch | null }} ShadowedWord */
/** @typedef {{ length_ms: number, units: number, per_s: number, pauses: Stretch[], estimated: boolean }} Speaking */
/**
 * @typedef {object} Shadowed times are milliseconds since the voice began
 * @property {string} text @property {string} heard
 * @property {number} understood how many words @property {"syllables" | "characters"} unit
 * @property {ShadowedWord[]} words @property {{ text: string, before: number, person: Stretch }[]} extras
 * @property {Speaking} person @property {Speaking | null} model
 */

/**
 * Which words of a sentence are understood.
 * @param {Blob} audio @param {{ text: string, language: string, words: TimedWord[] }} sentence @param {AbortSignal} signal @returns {Promise<Shadowed>}
 */
export async function askShadow(audio, { text, language, words }, signal) {
  const form = new FormData();
  form.append("text", text);
  form.append("language", language);
  form.append("words", JSON.stringify(words.map(({ text, start_ms, end_ms }) => ({ text, start_ms: Math.round(start_ms), end_ms: Math.round(end_ms) }))));
  form.append("audio", audio, "said.wav");
  let response;
  try {
    response = await fetch(serverAddress("api/practice/shadow"), {
      method: "POST",
      headers: credentials(),
      body: form,
      signal: AbortSignal.any([signal, AbortSignal.timeout(HEARD_MS)]),
    });
  } catch (error) {
    throw Object.assign(new ServerRefused(0), { cause: error });
  }
  const told = await response.json().catch(() => null);
  if (!response.ok || !told?.success) throw new ServerRefused(response.status, told?.error?.code, told?.error?.details, told?.message);
  return told.data;
}

/** A sentence in a character's voice, or in any (""), and when its words sound. @param {string} character @param {string} language @param {string} text */
export async function fetchModel(character, language, text) {
  const asked = new URLSearchParams({ language, text, ...(character && { character_id: character }) });
  const { audio, words } = await askData(`api/practice/shadow/model?${asked}`, { withinMs: SPOKEN_MS });
  const bytes = Uint8Array.from(atob(audio), (letter) => letter.charCodeAt(0));
  return { sound: new Blob([bytes], { type: "audio/wav" }), words: /** @type {TimedWord[]} */ (words) };
}
