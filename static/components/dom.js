/** Elements from one call, and the page's icons. */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element. Properties: `on…` are listeners, `html` is markup of our own, true and false set and leave out an
 * attribute, everything else is an attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [properties] @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Strokes on a grid of 24. */
const ICONS = {
  microphone: '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3"/>',
  muted: '<path d="M9 9.500V11a3 3 0 0 0 4.800 2.400M15 10V6a3 3 0 0 0-5.800-1M5.500 11.500a6.500 6.500 0 0 0 10 5.500M18.500 11.500a6.400 6.400 0 0 1-.6 2.700M12 18v3M4 4l16 16"/>',
  stop: '<rect x="6.500" y="6.500" width="11" height="11" rx="2"/>',
  keyboard: '<rect x="3" y="6.500" width="18" height="11" rx="2.500"/><path d="M7 10h.01M10.300 10h.01M13.700 10h.01M17 10h.01M8.500 14h7"/>',
  settings: '<path d="M4 8h9M17 8h3M4 16h3M11 16h9"/><circle cx="15" cy="8" r="2"/><circle cx="9" cy="16" r="2"/>',
  end: '<path d="M2.800 15.300v-1.700c5.200-5.100 13.200-5.100 18.400 0v1.700c0 .8-.7 1.400-1.500 1.300l-3.100-.5a1.300 1.300 0 0 1-1.100-1.300v-1.900a12 12 0 0 0-7 0v1.900c0 .7-.5 1.200-1.100 1.300l-3.100.5c-.8.100-1.500-.5-1.500-1.300z"/>',
  play: '<path d="M8.500 6.200v11.600a.6.6 0 0 0 .9.500l9-5.800a.6.600 0 0 0 0-1l-9-5.800a.6.600 0 0 0-.9.500z"/>',
  pause: '<path d="M9 6.500v11M15 6.500v11"/>',
  restart: '<path d="M5 12a7 7 0 1 0 2.300-5.200L5 9M5 4.500V9h4.500"/>',
  close: '<path d="M6.500 6.500l11 11M17.500 6.500l-11 11"/>',
  send: '<path d="M12 19V5.500M6.500 11 12 5.500l5.500 5.500"/>',
  copy: '<rect x="8.500" y="8.500" width="11" height="11" rx="2"/><path d="M15.500 8.500v-2a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2"/>',
};

/** Strokes on a grid of 24 as an icon that is not read out. @param {string} strokes */
export const svgIcon = (strokes) => `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${strokes}</svg>`;

/** @param {keyof typeof ICONS} name */
export const icon = (name) => svgIcon(ICONS[name]);

/**
 * A round button with an icon, named for those who cannot see it.
 * @param {keyof typeof ICONS} name @param {string} label @param {Record<string, any>} [properties]
 */
export const iconButton = (name, label, properties = {}) =>
  h("button", { type: "button", class: "round", "aria-label": label, title: label, html: icon(name), ...properties });

/**
 * A question with a few answers, of which one holds.
 * @param {string} id @param {string} legend @param {[string, string][]} options value and label
 * @param {string} chosen @param {(value: string) => void} onchoose
 */
export function segmentedControl(id, legend, options, chosen, onchoose) {
  const radios = options.map(([value, label]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: id, value, checked: value === chosen, onchange: () => onchoose(value) }),
      h("span", {}, label),
    ),
  );
  return h("fieldset", { id, class: "segments" }, h("legend", {}, legend), h("div", {}, ...radios));
}

/**
 * The fields of a form that asks for the server's key: the key, and a name that a password manager keeps it under.
 * Without that name, or outside a form, browsers warn and keep nothing.
 * @param {Record<string, any>} properties of the key's field
 */
export const keyFields = (properties) => [
  h("input", { type: "text", name: "username", autocomplete: "username", value: "Kaikou", "aria-label": "Kaikou", hidden: true }),
  h("input", { type: "password", name: "password", autocomplete: "current-password", ...properties }),
];

/** @type {Map<string, Promise<unknown>>} */
const sheets = new Map();

/** A style sheet that is not needed at first; resolves when it applies. @param {string} href */
export function loadStylesheet(href) {
  const known = sheets.get(href);
  if (known) return known;
  const loaded = new Promise((resolve) => document.head.append(h("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve })));
  sheets.set(href, loaded);
  return loaded;
}

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
