/** What the page asks the server of progress and goals. */
import { askData } from "./api.js";

/** @typedef {{ value: number, count: number, estimated: boolean }} MeasurePoint */
/** @typedef {{ label: string, count: number, per_100: number | null }} KindPoint mistakes of one kind */
/**
 * @typedef {object} Point a practice that has a report
 * @property {string} practice_id @property {string} title @property {"interview" | "language"} kind @property {string} language
 * @property {string} began_at @property {number} minutes
 * @property {Record<string, MeasurePoint>} measures by id
 * @property {{ count: number, per_100: number | null, kinds: Record<string, KindPoint> } | null} mistakes
 */
/** @typedef {{ language: string, measure: string, at_least: number | null, at_most: number | null }} Goal */
/** @typedef {Goal & { value: number | null, reached: boolean }} GoalState */
/** @typedef {{ days: number, in_a_row: number, total: number, began: string }} Weeks */
/** @typedef {{ practices: Point[], goals: GoalState[], weeks: Weeks }} Progress the oldest practice first */

/** Practices that plots show at most. */
const MOST = 100;

/** @param {{ language?: string, kind?: string }} asked @param {AbortSignal} signal @returns {Promise<Progress>} */
export function fetchProgress(asked, signal) {
  const offset = String(-new Date().getTimezoneOffset());
  const wanted = Object.entries({ ...asked, limit: String(MOST), offset_minutes: offset }).filter(([, value]) => value);
  return askData(`api/practice/progress?${new URLSearchParams(wanted)}`, { signal });
}

/** @param {{ language: string, measure: string }} goal */
const one = ({ language, measure }) => `api/practice/goals/${encodeURIComponent(language)}/${encodeURIComponent(measure)}`;

/** @param {{ language: string, measure: string }} goal @param {{ at_least: number } | { at_most: number }} target @returns {Promise<Goal>} */
export const setGoal = (goal, target) => askData(one(goal), { method: "PUT", body: target });

/** @param {{ language: string, measure: string }} goal */
export const dropGoal = (goal) => askData(one(goal), { method: "DELETE" });
