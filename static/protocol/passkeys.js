/** Passkeys: made by the person's device for this site, and shown instead of a password. */
import { askData, ServerRefused } from "./api.js";

/** @typedef {{ id: string, name: string, created_at: string, used_at: string | null }} Passkey */

const HERE = "api/account/passkeys";

/** What of browsers reads and writes them as JSON; types do not know it yet. */
const reader = /** @type {any} */ (globalThis.PublicKeyCredential);

/** Whether this browser has them for this page: they are bound to a name, which an address such as 127.0.0.1 is not. */
export const canUsePasskeys = () =>
  Boolean(reader?.parseCreationOptionsFromJSON) && isSecureContext && !/^\[|^[\d.]+$/.test(location.hostname);

/** @param {string} path @param {unknown} body */
const post = (path, body) => askData(`${HERE}${path}`, { method: "POST", body });

/** @returns {Promise<Passkey[]>} */
export const listPasskeys = async () => (await askData(HERE)).items;

/** @param {string} id */
export const removePasskey = (id) => askData(`${HERE}/${encodeURIComponent(id)}`, { method: "DELETE" });

/** @param {string} name @param {string} password the account's, "" if it has none */
export async function makePasskey(name, password) {
  const { options } = await post("/options", { password });
  const credential = await shown(() => navigator.credentials.create({ publicKey: reader.parseCreationOptionsFromJSON(options) }));
  await post("", { credential, name });
}

export async function logInWithPasskey() {
  const { options } = await askData(`${HERE}/login/options`, { method: "POST" });
  const credential = await shown(() => navigator.credentials.get({ publicKey: reader.parseRequestOptionsFromJSON(options) }));
  await post("/login", { credential });
}

/** What the device gives, as JSON. A person may change their mind. @param {() => Promise<Credential | null>} ask */
async function shown(ask) {
  try {
    return /** @type {any} */ (await ask()).toJSON();
  } catch (error) {
    const known = error instanceof DOMException && error.name === "InvalidStateError";
    throw Object.assign(new ServerRefused(400, known ? "passkey_known" : "passkey_not_shown"), { cause: error });
  }
}
