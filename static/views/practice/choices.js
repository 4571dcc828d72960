/** What was chosen the last time, as this browser remembers it. An advert and a CV are not among it. */
const NAME = "kaikou-practice";

/**
 * @typedef {object} Choices
 * @property {"en" | "zh" | ""} language of the practice; "" for the other than the page's (language) or the page's (interview)
 * @property {string} character_id "" for whoever is good at it
 * @property {"patient" | "quick"} patience
 * @property {Omit<import("../../protocol/practice.js").InterviewChoice, "advert" | "resume">} interview
 * @property {import("../../protocol/practice.js").SceneChoice} scene
 */

/** @type {Choices} */
const USUAL = {
  language: "",
  character_id: "",
  patience: "patient",
  interview: { role: "software-engineer", seniority: "middle", questions: "behavioural", minutes: 20, strictness: "neutral" },
  scene: { scene: "cafe", level: "B1", goal: "small_talk", correcting: "hindering", speed: 1, subtitles: true, hints: true, minutes: 10 },
};

/** What is stored, where it is of the kind that is usual. @template T @param {T} usual @param {any} found @returns {T} */
function fitted(usual, found) {
  if (typeof usual !== "object" || usual === null) return typeof found === typeof usual ? found : usual;
  const entries = Object.entries(usual).map(([name, value]) => [name, fitted(value, found?.[name])]);
  return Object.fromEntries(entries);
}

/** @param {string} kind @returns {any} */
function stored(kind) {
  try {
    return JSON.parse(localStorage.getItem(`${NAME}-${kind}`) ?? "null");
  } catch {
    return null; // Private windows and blocked storage: nothing is remembered.
  }
}

/** Of interviews and of languages apart. @param {"interview" | "language"} kind */
export const remembered = (kind) => fitted(USUAL, stored(kind));

/** @param {"interview" | "language"} kind @param {Choices} choices */
export function remember(kind, choices) {
  try {
    localStorage.setItem(`${NAME}-${kind}`, JSON.stringify(choices));
  } catch {
    // As above.
  }
}
