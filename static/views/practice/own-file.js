/** What the file of a role or a scene says, as the form has it: one table of one language. Pure. */

/** @typedef {Record<string, any>} Table */
/** @typedef {{ kind: "interview" | "language", language: "en" | "zh", goals: string[], levels: string[], table: Table }} Own */

/** An id that none of the entries has. @param {{ id: string }[]} entries @param {string} name */
export function freeId(entries, name) {
  let number = entries.length + 1;
  while (entries.some(({ id }) => id === `${name}-${number}`)) number++;
  return `${name}-${number}`;
}

/** @param {{ id: string }[]} questions */
export const blankQuestion = (questions) => ({ id: freeId(questions, "question"), kind: "behavioural", levels: ["entry", "middle", "senior"], title: "", ask: [], listen_for: [], hint: "", words: [] });

/** @param {{ id: string }[]} steps */
export const blankStep = (steps) => ({ id: freeId(steps, "step"), title: "", ask: [], hint: "", words: [], phrases: [] });

/** @param {"interview" | "language"} kind @param {"en" | "zh"} language @returns {Own} */
export function blank(kind, language) {
  const table = { title: "", line: "", place: "", opening: "", closing: "" };
  if (kind === "interview") return { kind, language, goals: [], levels: [], table: { ...table, questions: [blankQuestion([])] } };
  return { kind, language, goals: ["small_talk"], levels: ["A2", "B1"], table: { ...table, you: "", they: "", phrases: [], steps: [blankStep([])] } };
}

/** As it is in a file; of one in both languages the one that is wanted, if it is there. @param {Record<string, any>} file @param {string} wanted @returns {Own} */
export function ownOf(file, wanted) {
  const language = file[wanted] ? wanted : file.en ? "en" : "zh";
  const { kind, goals = [], levels = [] } = file;
  return structuredClone({ kind, language: /** @type {"en" | "zh"} */ (language), goals: [goals].flat(), levels: [levels].flat(), table: file[language] ?? {} });
}

/** The file of it. @param {Own} own */
export function fileOf({ kind, language, goals, levels, table }) {
  return { kind, ...(kind === "language" && { goals, levels }), [language]: tidied(table) };
}

/** Without what is empty: it is missing then, which is what the server says of it. @param {any} value @returns {any} */
function tidied(value) {
  if (Array.isArray(value)) return value.map(tidied);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== "" && inner !== null).map(([name, inner]) => [name, tidied(inner)]));
}
