/** Something of the server's, saved as a file. */
import { ask, credentials, serverAddress } from "./api.js";

/** A long recording over a slow line. */
const FETCH_MS = 600_000;

/** @param {string} href @param {string} name */
export const save = (href, name) => Object.assign(document.createElement("a"), { href, download: name }).click();

/** A link by which the browser fetches it, or, with a key that no link carries, what this fetched. @param {string} path @param {string} name */
export async function download(path, name) {
  if (Object.keys(credentials()).length === 0) return save(serverAddress(path).href, name);
  const href = URL.createObjectURL(await (await ask(path, { withinMs: FETCH_MS })).blob());
  save(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** An address that an audio element can play from. @param {string} path @returns {Promise<string>} */
export async function playable(path) {
  if (Object.keys(credentials()).length === 0) return serverAddress(path).href;
  return URL.createObjectURL(await (await ask(path, { withinMs: FETCH_MS })).blob());
}
