/** What the page asks the server of practices: roles and scenes, what was chosen and planned, and the report. */
import { askData, serverAddress, credentials, ServerRefused } from "./api.js";

/** A language model, or a long file over a slow line, may take its time. */
const MADE_MS = 150_000;

/** @typedef {"interview" | "language"} Kind */
/**
 * @typedef {object} Template a role or a scene; texts by language
 * @property {string} id @property {Kind} kind @property {boolean} mine
 * @property {string[]} languages in which it can be practised
 * @property {Record<string, string>} title @property {Record<string, string>} line
 * @property {string[]} goals @property {string[]} levels
 * @property {number} steps @property {Record<string, number>} questions
 */
/** @typedef {Template & { version: number, file: Record<string, any> }} OpenedTemplate */
/** @typedef {{ role: string, seniority: string, questions: string, minutes: number, strictness: string, advert: string, resume: string }} InterviewChoice */
/** @typedef {{ scene: string, level: string, goal: string, correcting: string, speed: number, subtitles: boolean, hints: boolean, minutes: number }} SceneChoice */
/** @typedef {{ text: string, meaning: string }} Phrase */
/** @typedef {{ id: string, title: string, ask: string[], hint: string, phrases: Phrase[], card: string }} Step */
/**
 * @typedef {object} ListedPractice
 * @property {string} id @property {Kind} kind @property {string} language @property {string} character_id @property {string} title
 * @property {"ready" | "going" | "over"} state
 * @property {string | null} conversation_id where it was talked
 * @property {string} created_at @property {string | null} began_at @property {string | null} ended_at
 */
/**
 * @typedef {ListedPractice & { own_language: string, minutes: number, interview: InterviewChoice | null, scene: SceneChoice | null,
 *   place: string, you: string, they: string, opening: string, closing: string, steps: Step[], phrases: Phrase[], due: Record<string, string> }} Practice
 */
/** @typedef {{ kind: Kind, language: string, own_language: string, character_id?: string, interview?: InterviewChoice, scene?: SceneChoice }} NewPractice */
/** @typedef {{ practice: Practice, made_by: "model" | "rules", reason: string }} Replanned */
/** @typedef {{ state: "waiting" | "ready" | "missing", content: any, made_by: string, reason: string }} Part `reason`: why it is missing, or no model made it */
/** @typedef {{ practice_id: string, conversation_id: string | null, state: "none" | "making" | "ready", reason: string, parts: Record<string, Part> }} Report */
/** @typedef {{ id: string, label: string, unit: string, digits: number, definition: string, formula: string, source: string, not_said: string }} Definition of a measure */

/** @param {string} id @param {...string} more */
const one = (id, ...more) => ["api/practices", encodeURIComponent(id), ...more].join("/");

/** @param {string} id */
const template = (id) => `api/practice/templates/${encodeURIComponent(id)}`;

/** @param {Record<string, string>} asked @returns {string} */
const query = (asked) => `?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

/** @param {NewPractice} chosen @returns {Promise<Practice>} */
export const makePractice = (chosen) => askData("api/practices", { method: "POST", body: chosen });

/** @param {{ cursor?: string, kind?: string, limit?: string }} asked @param {AbortSignal} signal @returns {Promise<{ items: ListedPractice[], next: string | null }>} */
export const listPractices = (asked, signal) => askData(`api/practices${query(asked)}`, { signal });

/** @param {string} id @param {AbortSignal} signal @returns {Promise<Practice>} */
export const fetchPractice = (id, signal) => askData(one(id), { signal });

/** For good, with its report. @param {string} id */
export const deletePractice = (id) => askData(one(id), { method: "DELETE" });

/** Have the language model fit the plan to advert and CV. @param {string} id @param {AbortSignal} signal @returns {Promise<Replanned>} */
export const fitPlan = (id, signal) => askData(one(id, "plan"), { method: "POST", signal, withinMs: MADE_MS });

/** @param {string} id @param {AbortSignal} signal @returns {Promise<Report>} */
export const fetchReport = (id, signal) => askData(one(id, "report"), { signal });

/** Make it again. @param {string} id @returns {Promise<Report>} */
export const remakeReport = (id) => askData(one(id, "report"), { method: "POST" });

/** @param {string} id @param {"markdown" | "pdf"} format */
export const reportPath = (id, format) => `${one(id, "report", "export")}?format=${format}`;

/** What the measures of a report are, in the language that it is written in. @param {string} language @param {string} spoken what was measured @param {AbortSignal} signal @returns {Promise<{ items: Definition[] }>} */
export const fetchMeasures = (language, spoken, signal) => askData(`api/practice/measures${query({ language, spoken })}`, { signal });

/**
 * @typedef {object} NewCard of a correction
 * @property {string} language @property {string} said @property {string} better @property {string} [reason] @property {string} [kind]
 * @property {string} [sentence] that `said` stands in, from the character `at` on @property {number} [at]
 * @property {string} [practice_id] @property {string} [line_id]
 */
/** @param {NewCard} card @returns {Promise<{ id: string }>} */
export const makeCard = (card) => askData("api/practice/cards", { method: "POST", body: card });

// --- Roles and scenes ------------------------------------------------------------------------------------------------

/** @param {string} kind "" for both @param {AbortSignal} signal @returns {Promise<{ items: Template[] }>} */
export const listTemplates = (kind, signal) => askData(`api/practice/templates${query({ kind })}`, { signal });

/** @param {string} id @param {AbortSignal} signal @returns {Promise<OpenedTemplate>} */
export const fetchTemplate = (id, signal) => askData(template(id), { signal });

/** @param {{ file: Record<string, any> } | { copy_of: string }} from @returns {Promise<OpenedTemplate>} */
export const makeTemplate = (from) => askData("api/practice/templates", { method: "POST", body: from });

/** @param {OpenedTemplate} opened @param {Record<string, any>} file @returns {Promise<OpenedTemplate>} */
export const saveTemplate = ({ id, version }, file) =>
  askData(template(id), { method: "PUT", body: { file }, headers: { "If-Match": `"${version}"` } });

/** @param {string} id */
export const deleteTemplate = (id) => askData(template(id), { method: "DELETE" });

// --- Documents -------------------------------------------------------------------------------------------------------

/** What is written in an advert or a CV. @param {File} file @param {AbortSignal} signal @returns {Promise<{ text: string }>} */
export async function readDocument(file, signal) {
  const body = new FormData();
  body.append("file", file);
  let response;
  try {
    const timeout = AbortSignal.timeout(MADE_MS);
    response = await fetch(serverAddress("api/practice/documents"), { method: "POST", headers: credentials(), body, signal: AbortSignal.any([signal, timeout]) });
  } catch (error) {
    throw Object.assign(new ServerRefused(0), { cause: error });
  }
  const told = await response.json().catch(() => null);
  if (!told?.success) throw new ServerRefused(response.status, told?.error?.code, told?.error?.details, told?.message);
  return told.data;
}
