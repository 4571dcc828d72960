/** What the page asks the server of characters that a person makes. */
import { ask, askData, credentials, serverAddress, ServerRefused } from "./api.js";

/** A voice, a language model, or a large card over a slow line may take its time. */
const MADE_MS = 120_000;

/**
 * What a character's file says: what depends on no language, and a table for each language. It may be half written.
 * @typedef {Record<string, any> & { languages: string[], default_language?: string }} CharacterFile
 */
/** @typedef {{ field: string, code: string, message: string }} Fault `field` is a dotted path in the file */
/** @typedef {{ id: string, name: string }} Origin */
/**
 * A character as its maker has it.
 * @typedef {object} Made
 * @property {string} id
 * @property {number} version of the file that counts; 0 until there is one
 * @property {CharacterFile | null} file
 * @property {CharacterFile | null} draft what is being written, where that is not the file
 * @property {Fault[]} warnings
 * @property {"private" | "published" | "hidden"} visibility
 * @property {boolean} mine
 * @property {string} picture
 * @property {Origin | null} origin
 * @property {string} updated_at
 * @property {string} [etag] of the version, for whoever changes it
 */
/** @typedef {import("./api.js").Character & { mine: boolean, published: boolean, unfinished: boolean, purpose: string, updated_at: string, draft?: boolean }} Card */
/** @typedef {{ version: number, created_at: string }} Version */
/** What a card says about itself, which no model is told. @typedef {{ creator: string, version: string, notes: string, tags: string[] }} Kept */
/** @typedef {{ name: string, type: string, bytes: number, link: string }} CarriedVoice */
/** @typedef {{ character: Made, warnings: Fault[], kept: Kept, voice: CarriedVoice | null, greetings: number }} Imported */

/** @param {string} id @param {...(string | number)} more */
const one = (id, ...more) => ["api/characters", encodeURIComponent(id), ...more].join("/");

/** The whole address of a link, wherever the site has the server. @param {string} link */
export const wholeLink = (link) => serverAddress(link.slice(link.lastIndexOf("/api/") + 1)).href;

/** @template {{ picture?: string }} T @param {T} told @returns {T} */
export const withPicture = (told) => (told.picture ? { ...told, picture: wholeLink(told.picture) } : told);

/** The data, with the tag of the version it tells. @param {string} path @param {import("./api.js").Asking} [how] @returns {Promise<Made>} */
async function askTagged(path, how) {
  const response = await ask(path, how);
  const answer = await response.json().catch(() => null);
  if (!answer?.success) throw new ServerRefused(0);
  return { ...withPicture(answer.data), etag: response.headers.get("ETag") ?? "" };
}

/** @param {string} cursor @param {AbortSignal} signal @returns {Promise<{ items: Card[], next: string | null }>} */
export async function listMine(cursor, signal) {
  const page = await askData(`api/characters?${new URLSearchParams({ whose: "mine", sort: "new", limit: "50", ...(cursor && { cursor }) })}`, { signal });
  return { ...page, items: page.items.map(withPicture) };
}

/** @param {string} id @param {AbortSignal} [signal] */
export const fetchMade = (id, signal) => askTagged(one(id), { signal });

/** One that has only a draft yet. @param {CharacterFile} draft */
export const beginCharacter = (draft) => askTagged("api/characters", { method: "POST", body: { draft } });

/** A new version, in place of the one that the tag tells. @param {string} id @param {string} etag @param {CharacterFile} file */
export const saveVersion = (id, etag, file) => askTagged(one(id), { method: "PUT", body: { file }, headers: { "If-Match": etag } });

/** Kept as it is, unchecked. @param {string} id @param {CharacterFile} draft @returns {Promise<{ updated_at: string }>} */
export const keepDraft = (id, draft) => askData(one(id, "draft"), { method: "PUT", body: { draft } });

/** While the page is left, when nothing is waited for any more. @param {string} id @param {CharacterFile} draft */
export const keepDraftAtLast = (id, draft) =>
  void fetch(serverAddress(one(id, "draft")), {
    method: "PUT",
    keepalive: true,
    headers: { ...credentials(), "Content-Type": "application/json" },
    body: JSON.stringify({ draft }),
  }).catch(() => {});

/** @param {CharacterFile} file @param {AbortSignal} signal @returns {Promise<{ problems: Fault[], warnings: Fault[] }>} */
export const checkFile = (file, signal) => askData("api/characters/check", { method: "POST", body: { file }, signal });

/** @param {string} id */
export const deleteCharacter = (id) => ask(one(id), { method: "DELETE" });

/** @param {string} id */
export const restoreCharacter = (id) => ask(one(id, "restore"), { method: "POST" });

/** @param {string} id @param {boolean} published */
export const publish = (id, published) => ask(one(id, published ? "publish" : "unpublish"), { method: "POST" });

/** @param {string} id @param {AbortSignal} signal @returns {Promise<{ items: Version[] }>} the latest first */
export const listVersions = (id, signal) => askData(one(id, "versions"), { signal });

/** @param {string} id @param {number} version @param {AbortSignal} signal @returns {Promise<{ file: CharacterFile }>} */
export const fetchVersion = (id, version, signal) => askData(one(id, "versions", version), { signal });

/** @param {string} id @param {number} version */
export const restoreVersion = (id, version) => askTagged(one(id, "versions", version, "restore"), { method: "POST" });

/** The greeting, or another text, as it would be said. @param {CharacterFile} file @param {string} language @param {string} [text] */
export const previewVoice = async (file, language, text) =>
  (await ask("api/characters/preview", { method: "POST", body: { file, language, ...(text && { text }) }, withinMs: MADE_MS })).blob();

/** The rest of a character, from one sentence, by a language model. @param {string} sentence @param {string} language @param {AbortSignal} signal @returns {Promise<{ draft: CharacterFile }>} */
export const propose = (sentence, language, signal) =>
  askData("api/characters/propose", { method: "POST", body: { sentence, language }, signal, withinMs: MADE_MS });

/** @param {string} id @param {Blob} picture @param {{ left: number, top: number, size: number }} crop in pixels of the picture @returns {Promise<Made>} */
export const givePicture = async (id, picture, { left, top, size }) => withPicture(await send(`${one(id, "picture")}?left=${left}&top=${top}&size=${size}`, picture, () => {}));

/** @param {string} id */
export const removePicture = (id) => ask(one(id, "picture"), { method: "DELETE" });

/** A character from a file of any kind. @param {File} file @param {(part: number) => void} progress 0 to 1 @param {AbortSignal} signal @returns {Promise<Imported>} */
export const importCharacter = (file, progress, signal) => send(`api/characters/import?name=${encodeURIComponent(file.name)}`, file, progress, signal);

/** @param {string} id @param {string} format */
export const exportPath = (id, format) => `${one(id, "export")}?format=${format}`;

/** @returns {Promise<{ id: string, name: string, language?: string }[]>} voices of the engine that speaks */
export const fetchVoices = async () => (await (await ask("v1/audio/voices")).json()).voices ?? [];

/** Bytes on their way; what fetch sends, it does not tell of as it goes. @param {string} path @param {Blob} body @param {(part: number) => void} progress @param {AbortSignal} [signal] @returns {Promise<any>} */
function send(path, body, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", serverAddress(path));
    for (const [name, value] of Object.entries(credentials())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.timeout = MADE_MS;
    request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
    request.onload = () => {
      const { status, response } = request;
      if (response?.success) resolve(response.data);
      else reject(new ServerRefused(status, response?.error?.code, response?.error?.details, response?.message));
    };
    request.onerror = request.onabort = request.ontimeout = () => reject(new ServerRefused(0));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}
