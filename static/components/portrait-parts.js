/**
 * Portraits that people put together: which parts there are, and how they are drawn. A portrait is one short text of a part
 * each and three colours, `drawn-oval-bob-dots-smile-none-crew-e3b08d-43302a-3d7aaa`, which the file of a character keeps.
 */
import { bust, dot, FACE, head, INK, line, shape } from "./portraits.js";

/** @typedef {import("./portraits.js").Palette} Palette */
/** @typedef {{ head: string, hair: string, eyes: string, mouth: string, extra: string, clothes: string, skin: string, hairColour: string, cloth: string }} Parts */

/** The outline of the face; all leave the top, where the hair is, as it is. @type {Record<string, string>} */
const HEADS = {
  oval: FACE,
  round: "M66 86C66 60 80 47 100 47s34 13 34 39c0 27-14 42-34 42S66 113 66 86z",
  square: "M66 86C66 60 80 47 100 47s34 13 34 39c0 16-2 27-7 35-5 8-15 12-27 12s-22-4-27-12c-5-8-7-19-7-35z",
  pointed: "M66 84C66 59 80 47 100 47s34 12 34 37c0 22-13 43-27 51-4 2-10 2-14 0-14-8-27-29-27-51z",
};

const BACK = "M58 100c-6-34 11-58 42-58s48 24 43 58c-2 18 2 34 9 50-10 8-26 8-36 4H82c-12 4-22 2-30-4 7-14 9-30 6-50z";
const CURTAINS =
  "M62 98c-4-34 12-54 49-57-8 21-28 33-39 41-5 4-8 9-10 16zM138 98c4-32-8-53-34-56 4 22 23 32 28 40 3 4 5 10 6 16z";
const SWEPT = "M62 98c-6-34 8-56 42-56 28 0 40 22 34 54-4-16-12-27-24-33-14 14-36 16-46 20-3 4-5 9-6 15z";
const SIDES = "M62 98c-2-14 0-26 4-32h68c4 6 6 18 4 32l-6 2-4-24H72l-4 24z";

/** @param {Palette} p */
const veil = (p) => `color-mix(in srgb, ${p.cloth} 62%, #f3f1ea)`;

/** Behind the head, before it, and what is worn on it. @type {Record<string, [string, string, ((p: Palette) => string)?]>} */
const HAIRS = {
  short: ["", "M63 92c-4-32 12-50 38-50 27 0 39 20 36 50-4-12-8-20-14-25-18 5-34 5-47 1-6 6-10 13-13 24z"],
  crop: ["", "M64 88c-3-28 12-44 36-44s39 16 36 44c-6-14-20-26-36-26S70 74 64 88z"],
  waves: ["", "M63 94c-6-34 8-54 36-54 30 0 44 22 38 54-8-8-14-18-16-28-10 8-30 10-42 4-6 6-12 14-16 24z"],
  quiff: [
    "M64 100c-8-24-2-58 36-58s46 32 36 58l-6 6H70z",
    "M62 92c-4-36 14-52 42-52 24 0 38 18 34 50-4-8-7-15-9-24-14 2-30 0-42-9-4 9-15 20-25 35z",
  ],
  bob: [BACK, CURTAINS],
  swept: ["M58 122c-7-38 8-80 44-80 34 0 48 40 40 80-5 8-14 9-22 4H80c-8 5-17 4-22-4z", SWEPT],
  long: ["M57 100c-6-36 10-60 43-60s50 24 44 60c-2 30 4 66 12 106H44c9-40 15-76 13-106z", SWEPT],
  bun: [
    "M60 96c-5-32 12-54 40-54s45 22 40 54l-6 8H66z M81 34a19 19 0 1 0 38 0a19 19 0 1 0-38 0z",
    "M64 88c-3-28 12-44 36-44s39 16 36 44c-6-14-20-26-36-26S70 74 64 88z",
  ],
  curls: [
    "M58 112c-12-8-12-24-5-30-5-14 2-28 14-32 4-14 22-18 33-12 11-6 29-2 33 12 12 4 19 18 14 32 7 6 7 22-5 30z",
    "M62 90c-4-10 0-22 8-26 3-10 15-15 23-11 8-6 22-4 28 4 10 2 17 16 16 33-6-4-10-10-12-16-8 3-16 0-20-6-6 6-16 8-24 4-3 8-10 14-19 18z",
  ],
  none: ["", ""],
  hat: [
    "",
    SIDES,
    (p) =>
      shape("M64 66c2-26 8-40 20-42 6-1 11 4 17 4s11-5 16-3c12 4 17 17 19 41z", p.trim) +
      shape("M63 54h74l1 14H62z", INK) +
      shape("M36 76c6-10 34-16 64-16s58 6 64 16c-14 4-38-2-64-2s-50 6-64 2z", p.trim),
  ],
  cap: [
    "",
    SIDES,
    (p) =>
      shape("M62 74c-3-24 13-38 38-38s41 14 38 38q-38-12-76 0z", p.trim) +
      shape("M60 77q34-16 80-3c10 3 10 6 2 6-24-6-52-7-82-3z", INK, 'opacity=".8"'),
  ],
  scarf: [
    "M56 206c-10-40-8-90 2-124 6-26 22-42 42-42s36 16 42 42c10 34 12 84 2 124z",
    "",
    (p) => shape("M58 110c-6-44 12-70 42-70s48 26 42 70c-3-32-18-54-42-54s-39 22-42 54z", veil(p)),
  ],
};

/** @type {Record<string, (p: Palette) => string>} */
const EYES = {
  dots: (p) => dot(87, 90, 3.1, INK) + dot(113, 90, 3.1, INK) + brows(p, 2.6),
  bright: (p) => [87, 113].map((x) => dot(x, 90, 5.4, "#fff") + dot(x + 0.6, 90.4, 3.4, INK) + dot(x + 1.8, 89, 1, "#fff")).join("") + brows(p, 2.4),
  merry: (p) => line("M82 91.500q5-5.500 10 0M108 91.500q5-5.500 10 0", INK, 2.8) + brows(p, 2.4),
  sleepy: (p) => line("M82 89.500h10M108 89.500h10", INK, 2.6) + dot(87, 91, 2.4, INK) + dot(113, 91, 2.4, INK) + brows(p, 2.4),
  stern: (p) => dot(87, 91, 3, INK) + dot(113, 91, 3, INK) + line("M79 79.500q8-1 14 4M121 79.500q-8-1-14 4", p.hair, 4),
};
/** @param {Palette} p @param {number} width */
const brows = (p, width) => line("M80 81.500q6.500-4 13-1M107 80.500q6.500-3 13 1", p.hair, width);

/** @type {Record<string, string>} */
const MOUTHS = { smile: "M91 114q9 6.500 18 0", grin: "M88 112q12 12 24 0z", even: "M92 115.500h16", wry: "M92 117q9 2 17-3", small: "M96 115q4 3 8 0" };

/** @type {Record<string, (p: Palette) => string>} */
const EXTRAS = {
  none: () => "",
  glasses: () =>
    '<g fill="none" stroke="#3a4450" stroke-width="2.400"><circle cx="87" cy="91" r="10.500"/><circle cx="113" cy="91" r="10.500"/><path d="M97.500 89q2.500-1.500 5 0M76.500 89l-9-2M123.500 89l9-2"/></g>',
  moustache: (p) => shape("M84 110c5-5 11-6 16-3 5-3 11-2 16 3-6 2-11 1-16 0-5 1-10 2-16 0z", p.hair),
  beard: (p) => shape("M65 92c4 10 10 15 18 15q17-8 34 0c8 0 14-5 18-15 3 26-8 54-35 58-27-4-38-32-35-58z", p.hair),
  freckles: (p) => [80, 85, 82.5, 118, 115, 120].map((x, i) => dot(x, 98 + (i % 3) * 2.5, 1.1, p.shade)).join(""),
  earrings: (p) => dot(65, 105, 3.4, p.trim) + dot(135, 105, 3.4, p.trim),
};

/** @type {Record<string, (p: Palette) => string>} */
const CLOTHES = {
  crew: (p) => shape("M77 152q23 28 46 0l6 3q-29 38-58 0z", p.trim),
  collar: (p) => shape("M80 145l20 24-14 12-14-28zM120 145l-20 24 14 12 14-28z", p.trim) + line("M100 170v36", p.trim, 2.4) + dot(104, 186, 2, p.trim),
  jacket: (p) =>
    shape("M80 150l20 20 20-20 6 56H74z", "#f4f3ef") +
    shape("M62 157l18-12 20 52-6 9H52zM138 157l-18-12-20 52 6 9h42z", `color-mix(in srgb, ${p.cloth} 78%, #000)`) +
    shape("M80 145l14 28-12 2-14-22zM120 145l-14 28 12 2 14-22z", p.cloth),
  hood: (p) =>
    shape("M62 160c6-14 18-16 24-14l14 20 14-20c6-2 18 0 24 14-8 16-24 22-38 22s-30-6-38-22z", `color-mix(in srgb, ${p.cloth} 80%, #000)`) +
    line("M90 176v18M110 176v18", p.trim, 2.6),
  robe: (p) => shape("M70 154l30 20 30-20 10 8-40 30-40-30z", `color-mix(in srgb, ${p.cloth} 76%, #fff)`) + dot(100, 182, 7, p.trim),
  turtleneck: (p) => shape("M80 140q20 14 40 0l7 15q-27 24-54 0z", p.cloth) + shape("M104 147q9-1 16-7l7 15q-10 9-21 11z", `color-mix(in srgb, ${p.cloth} 80%, #000)`),
};

/** What there is to choose from, in the order in which it is shown. */
export const CHOICES = {
  head: Object.keys(HEADS),
  hair: Object.keys(HAIRS),
  eyes: Object.keys(EYES),
  mouth: Object.keys(MOUTHS),
  extra: Object.keys(EXTRAS),
  clothes: Object.keys(CLOTHES),
  skin: ["f6d7bd", "f0c6a4", "d9a582", "b27a55", "8d5a3f", "6f4733"],
  hairColour: ["1f1d21", "43302a", "7a4526", "a4672f", "d9b26a", "8f9398", "f1eee8", "b65867"],
  cloth: ["3d7aaa", "256a5f", "5f5592", "b65867", "b18a5b", "44586a", "5e7f3f", "33363a"],
};

const NAMES = /** @type {(keyof Parts)[]} */ (Object.keys(CHOICES));

/** @param {string} text @returns {Parts | null} null if it is no portrait of parts */
export function parsePortrait(text) {
  const [first, ...given] = text.split("-");
  if (first !== "drawn" || given.length !== NAMES.length) return null;
  const known = NAMES.every((name, at) => (at < 6 ? CHOICES[name].includes(given[at]) : /^[0-9a-f]{6}$/.test(given[at])));
  return known ? /** @type {Parts} */ (Object.fromEntries(NAMES.map((name, at) => [name, given[at]]))) : null;
}

/** @param {Parts} parts */
export const portraitText = (parts) => ["drawn", ...NAMES.map((name) => parts[name])].join("-");

/** One of each by chance. @param {() => number} [random] */
export const randomPortrait = (random = Math.random) =>
  portraitText(/** @type {Parts} */ (Object.fromEntries(NAMES.map((name) => [name, CHOICES[name][Math.floor(random() * CHOICES[name].length)]]))));

/** How large each is drawn, so that hats stay in the picture. @type {Record<string, number>} */
const SCALES = { bun: 1.07, hat: 1.05 };

/** @param {string} text @returns {{ ground: string, scale: number, shapes: string } | null} null if it is no portrait of parts */
export function drawPortrait(text) {
  const parts = parsePortrait(text);
  if (!parts) return null;
  const [skin, hair, cloth] = [parts.skin, parts.hairColour, parts.cloth].map((colour) => `#${colour}`);
  const p = {
    ground: `color-mix(in srgb, ${cloth} 26%, #f3f1ea)`,
    skin,
    shade: `color-mix(in srgb, ${skin} 86%, #50200a)`,
    hair,
    cloth,
    trim: parts.cloth === "b18a5b" ? "#4b6732" : "#e9c46a",
  };
  const dark = ["8d5a3f", "6f4733"].includes(parts.skin);
  const [behind, before, above] = HAIRS[parts.hair];
  const mouth = MOUTHS[parts.mouth];
  const shapes =
    shape(behind, parts.hair === "scarf" ? veil(p) : p.hair) +
    bust(p) +
    CLOTHES[parts.clothes](p) +
    head(p, HEADS[parts.head]) +
    (parts.extra === "beard" ? EXTRAS.beard(p) : "") +
    EYES[parts.eyes](p) +
    line("M100.500 92q-3.500 9-2.500 11.500 2 1.800 5 .7", p.shade, 2.6) +
    (parts.mouth === "grin" ? shape(mouth, "#fff", 'stroke="#8d4a40" stroke-width="2.200"') : line(mouth, dark ? "#c9695c" : "#8d4a40", 2.8)) +
    (parts.extra === "beard" ? "" : EXTRAS[parts.extra](p)) +
    shape(before, p.hair) +
    (above ? above(p) : "");
  return { ground: p.ground, scale: SCALES[parts.hair] ?? 1.13, shapes };
}
