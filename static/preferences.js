/** What this browser remembers for its person. The key to the server is kept for this tab only. */

/**
 * @typedef {object} Preferences
 * @property {string} interface language of the page: "en", "zh", or "" for the browser's
 * @property {string} character chosen last
 * @property {Record<string, string>} spoken language chosen per character
 * @property {string} microphone
 * @property {string} speaker
 * @property {number} volume 0 to 1
 * @property {number} speed 0.7 to 1.3
 * @property {"normal" | "large" | "huge"} captions
 * @property {"patient" | "normal" | "quick"} patience
 * @property {boolean} record whether the person agrees that talks are recorded
 * @property {string[]} dismissed banners
 */

const NAME = "kaikou";
/** No key is longer; what is, is refused as a wrong one, and not because no header takes it. */
const KEY_BYTES = 4096;
/** @type {Preferences} */
const DEFAULTS = {
  interface: "",
  character: "",
  spoken: {},
  microphone: "",
  speaker: "",
  volume: 1,
  speed: 1,
  captions: "normal",
  patience: "normal",
  record: false,
  dismissed: [],
};

/** @type {Record<string, [number, number]>} */
const RANGES = { volume: [0, 1], speed: [0.7, 1.3] };

/**
 * Whether a stored value can stand for the usual one: another version may have left it, or another program at this address.
 * @param {string} name @param {any} value @param {any} usual
 */
function fits(name, value, usual) {
  const [least, most] = RANGES[name] ?? [-Infinity, Infinity];
  if (typeof usual === "number") return typeof value === "number" && value >= least && value <= most;
  return value !== null && typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
}

/** @returns {Preferences} */
function stored() {
  try {
    const found = JSON.parse(localStorage.getItem(NAME) ?? "{}") ?? {};
    const usable = Object.entries(DEFAULTS).filter(([name, usual]) => fits(name, found[name], usual));
    return { ...DEFAULTS, ...Object.fromEntries(usable.map(([name]) => [name, found[name]])) };
  } catch {
    return { ...DEFAULTS }; // Private windows and blocked storage: everything works, nothing is remembered.
  }
}

export const preferences = stored();

/** @param {Partial<Preferences>} changes */
export function savePreferences(changes) {
  Object.assign(preferences, changes);
  try {
    localStorage.setItem(NAME, JSON.stringify(preferences));
  } catch {
    // Not remembered, as above.
  }
}

export const serverKey = {
  get value() {
    try {
      return sessionStorage.getItem(NAME) ?? "";
    } catch {
      return "";
    }
  },
  set value(text) {
    try {
      sessionStorage.setItem(NAME, text);
    } catch {
      // As above.
    }
  },
  /** In base64url, so that keys of any characters fit a header and a WebSocket's subprotocol; "" without a key. */
  get encoded() {
    const bytes = new TextEncoder().encode(serverKey.value.trim()).subarray(0, KEY_BYTES + 1);
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  },
};
