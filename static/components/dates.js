/** Days, times, lengths and sizes in the person's language. */
import { language, t } from "../i18n.js";
import "./texts.js";

const DAY_MS = 86_400_000;

const locale = () => (language === "zh" ? "zh-CN" : navigator.language.startsWith("en") ? navigator.language : "en-GB");

/** A day as a heading: today, yesterday, or its date. @param {Date} date @param {Date} [now] */
export function dayName(date, now = new Date()) {
  const midnight = (/** @type {Date} */ day) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  const ago = Math.round((midnight(now) - midnight(date)) / DAY_MS);
  if (ago === 0) return t("day.today");
  if (ago === 1) return t("day.yesterday");
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(locale(), { weekday: "long", day: "numeric", month: "long", year });
}

/** @param {Date} date */
export const timeOfDay = (date) => date.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });

/** @param {Date} date */
export const dateOf = (date) => date.toLocaleDateString(locale(), { dateStyle: "medium" });

/** @param {Date} date */
export const dateAndTime = (date) => date.toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });

/** About how long: seconds, minutes, or hours and minutes. @param {number} ms */
export function lengthOf(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t("length.seconds", { seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("length.minutes", { minutes });
  if (minutes % 60 === 0) return t("length.whole-hours", { hours: minutes / 60 });
  return t("length.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** A place in a recording: 3:07, or 1:03:07. @param {number} ms */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ figure) => String(figure).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {number} bytes */
export function sizeOf(bytes) {
  const [amount, unit] = bytes < 1e6 ? [bytes / 1000, "kilobyte"] : bytes < 1e9 ? [bytes / 1e6, "megabyte"] : [bytes / 1e9, "gigabyte"];
  const digits = amount < 10 ? 1 : 0;
  return amount.toLocaleString(locale(), { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits });
}
