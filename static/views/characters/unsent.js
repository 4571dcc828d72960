/**
 * What was written and the server did not take: kept in this tab, over a reload too, until it does. In no other tab, and no
 * longer than the log-in, for others may sit down at this browser.
 */

/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */
/** @typedef {{ draft: CharacterFile, over: string }} Unsent `over`: when what it was written over was changed last */

const keyOf = (/** @type {string} */ id) => `kaikou.unsent.${id || "new"}`;

/** @param {string} id "" for a character that the server does not know yet @returns {Unsent | null} */
export function unsentOf(id) {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(id)) ?? "null");
  } catch {
    return null; // Browsers may forbid it.
  }
}

/** @param {string} id @param {Unsent} unsent */
export function keepUnsent(id, unsent) {
  try {
    sessionStorage.setItem(keyOf(id), JSON.stringify(unsent));
  } catch {
    // Forbidden or full; it is still tried to send it.
  }
}

/** The server has it. @param {string} id */
export function forgetUnsent(id) {
  try {
    sessionStorage.removeItem(keyOf(id));
  } catch {
    // There is none, then.
  }
}
