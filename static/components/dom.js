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
  document: '<path d="M7 3.500h6.500L18 8v11a1.500 1.500 0 0 1-1.500 1.500h-9A1.500 1.500 0 0 1 6 19V5a1.500 1.500 0 0 1 1-1.500zM13 4v4.500h4.500"/>',
  image: '<rect x="4" y="5" width="16" height="14" rx="2"/><path d="M4.500 17l4.500-4.500 3.500 3.500 2.500-2.500 4.500 4.500"/><circle cx="15" cy="9.500" r="1.300"/>',
  audio: '<path d="M9.500 17.500V6l9-1.500V16"/><circle cx="7" cy="17.500" r="2.500"/><circle cx="16" cy="16" r="2.500"/>',
  video: '<rect x="3.500" y="6" width="12" height="12" rx="2"/><path d="M15.500 11l5-3v8l-5-3"/>',
  trash: '<path d="M5 7h14M10 7V4.500h4V7M7 7l.8 12.500h8.400L17 7M10.300 10.500v5.500M13.700 10.500v5.500"/>',
  link: '<path d="M10 14a3.500 3.500 0 0 0 5 0l3-3a3.500 3.500 0 0 0-5-5l-1 1M14 10a3.500 3.500 0 0 0-5 0l-3 3a3.500 3.500 0 0 0 5 5l1-1"/>',
  download: '<path d="M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 19.500h14"/>',
  back: '<path d="M14.500 6l-6 6 6 6"/>',
  sound: '<path d="M4.500 10v4M8.250 7v10M12 4.500v15M15.750 8v8M19.500 10.500v3"/>',
  pin: '<path d="M9 4h6l-.6 6 3.100 3.500H6.500L9.600 10zM12 13.500V20"/>',
  discover: '<circle cx="12" cy="12" r="8"/><path d="M15.300 8.700l-2 4.600-4.600 2 2-4.600z"/>',
  favourite: '<path d="M12 19.500C5.500 15.500 4 12.300 4 9.800A4.200 4.200 0 0 1 12 8a4.200 4.200 0 0 1 8 1.800c0 2.500-1.500 5.700-8 9.700z"/>',
  practice: '<path d="M4 18.500l5-5.500 3.500 3.500L20 8M15 8h5v5"/>',
  memory: '<path d="M7 4.500h10A1.500 1.500 0 0 1 18.500 6v14L12 15.800 5.500 20V6A1.500 1.500 0 0 1 7 4.500z"/>',
  people: '<circle cx="9" cy="9" r="3"/><path d="M3.500 18.500a5.500 5.500 0 0 1 11 0M15 6.200a3 3 0 0 1 0 5.600M17 13.600a5.500 5.500 0 0 1 3.500 4.900"/>',
  pencil: '<path d="M5 19l.8-3.600L16.400 4.800a1.500 1.500 0 0 1 2.100 0l.7.700a1.500 1.500 0 0 1 0 2.100L8.600 18.200z"/>',
  history: '<circle cx="12" cy="12" r="8"/><path d="M12 7.500V12l3 2"/>',
  files: '<path d="M4 7.500a1.500 1.500 0 0 1 1.500-1.500h4l2 2.500h7A1.500 1.500 0 0 1 20 10v7a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17z"/>',
  account: '<circle cx="12" cy="8.500" r="3.500"/><path d="M5 19.500a7 7 0 0 1 14 0"/>',
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
