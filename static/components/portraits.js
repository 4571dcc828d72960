/**
 * The faces: busts of a few flat shapes, lit from the upper left, one palette each. Strangers get one that is put
 * together from the same parts by their name, so that it stays theirs.
 */

/**
 * @typedef {object} Palette
 * @property {string} ground what is behind them
 * @property {string} skin
 * @property {string} shade of the skin, away from the light
 * @property {string} hair
 * @property {string} cloth
 * @property {string} trim the second colour of the cloth
 * @property {string} [lips]
 */

export const INK = "#2a211d";
export const FACE = "M66 86C66 60 80 47 100 47s34 13 34 39c0 25-16 46-34 46S66 111 66 86z";

/** @param {string} d @param {string} fill @param {string} [more] */
export const shape = (d, fill, more = "") => `<path d="${d}" fill="${fill}" ${more}/>`;
/** @param {string} d @param {string} stroke @param {number} width */
export const line = (d, stroke, width) =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
/** @param {number} x @param {number} y @param {number} r @param {string} fill */
export const dot = (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;

/** Shoulders and neck. @param {Palette} p */
export const bust = (p) =>
  shape("M22 206c0-34 26-47 58-54l20 14 20-14c32 7 58 20 58 54z", p.cloth) +
  shape("M84 116h32v30l6 5-22 17-22-17 6-5z", p.skin) +
  shape("M84 124q16 16 32 2v20l6 5-18 14c4-16-4-24-20-30z", p.shade);

/** Ears, head, and the side away from the light. @param {Palette} p @param {string} [face] */
export const head = (p, face = FACE) =>
  dot(66, 92, 7, p.skin) +
  dot(134, 92, 7, p.shade) +
  shape(face, p.skin) +
  (face === FACE ? shape("M112 49c14 5 22 17 22 37 0 25-16 46-34 46 14-9 23-24 23-46 0-16-4-29-11-37z", p.shade) : sideOf(face, p));

let faces = 0;

/** The same shade on a face of another outline: what of it is not in the light. @param {string} face @param {Palette} p */
function sideOf(face, p) {
  const clip = `side-${++faces}`;
  return `<clipPath id="${clip}"><path d="${face}"/></clipPath>` + shape("M112 40c8 12 11 28 11 46 0 22-9 40-23 52h50V40z", p.shade, `clip-path="url(#${clip})"`);
}

/** Eyes, brows, nose, mouth. @param {Palette} p @param {string} brows @param {string} [mouth] */
const features = (p, brows, mouth = "M91 114q9 6.500 18 0") =>
  dot(87, 90, 3.1, INK) +
  dot(113, 90, 3.1, INK) +
  line("M80 81.500q6.500-4 13-1M107 80.500q6.500-3 13 1", brows, 2.6) +
  line("M100.500 92q-3.500 9-2.500 11.500 2 1.800 5 .7", p.shade, 2.6) +
  line(mouth, p.lips ?? "#8d4a40", 2.8);

/** @type {Record<string, { palette: Palette, draw: (p: Palette) => string }>} */
const PORTRAITS = {
  assistant: {
    palette: { ground: "#cddfec", skin: "#e3b08d", shade: "#cf9672", hair: "#43302a", cloth: "#3d7aaa", trim: "#eef1f0" },
    draw: (p) =>
      shape("M64 100c-8-24-2-58 36-58s46 32 36 58l-6 6H70z", p.hair) +
      bust(p) +
      shape("M76 153q24 26 48 0l7 3q-31 36-62 0z", p.trim) +
      head(p) +
      features(p, p.hair) +
      shape("M62 92c-4-36 14-52 42-52 24 0 38 18 34 50-4-8-7-15-9-24-14 2-30 0-42-9-4 9-15 20-25 35z", p.hair) +
      shape("M88 57c6-10 20-14 34-9-8 8-20 13-34 9z", "#5a4138"),
  },
  philosopher: {
    palette: { ground: "#dbd6e9", skin: "#d9a582", shade: "#c28b68", hair: "#f1eee8", cloth: "#5f5592", trim: "#7468a8" },
    draw: (p) =>
      bust(p) +
      shape("M78 142q22 14 44 0l6 14q-28 22-56 0z", p.trim) +
      line("M52 176q6 14 6 30M76 186q3 10 3 20M124 186q-3 10-3 20M148 176q-6 14-6 30", "#524981", 2.4) +
      shape("M70 62c-13 4-17 26-10 44l12-2zM130 62c13 4 17 26 10 44l-12-2z", "#d3cec6") +
      head(p) +
      line("M86 60q14-5 28 0M90 67q10-3 20 0", p.shade, 2) +
      shape("M65 92c4 10 12 13 20 13q15-7 30 0c8 0 16-3 20-13 4 30-6 68-35 72-29-4-39-42-35-72z", p.hair) +
      shape("M135 92c4 30-6 68-35 72 19-12 27-34 24-60 5-2 9-6 11-12z", "#d3cec6") +
      features(p, "#d3cec6", "M92 117q8 5 16 0") +
      line("M79 82q7-6 14-2M107 80q7-4 14 2", p.hair, 5) +
      shape("M84 111c4-6 10-8 16-5 6-3 12-1 16 5-6-2-11-2-16-1-5-1-10-1-16 1z", "#e2ddd5"),
  },
  detective: {
    palette: { ground: "#dccfbf", skin: "#dba98a", shade: "#b98467", hair: "#6a6460", cloth: "#b18a5b", trim: "#4b4643" },
    draw: (p) =>
      bust(p) +
      shape("M84 148l16 20 16-20 4 58H80z", "#efece6") +
      shape("M96 166h8l5 40H91z", "#7d3b35") +
      shape("M64 156l16-20 22 46-8 24H58z", "#a1693a") +
      shape("M136 156l-16-20-22 46 8 24h36z", "#8a5930") +
      shape("M62 98c-2-14 0-26 4-32h68c4 6 6 18 4 32l-6 2-4-24H72l-4 24z", p.hair) +
      head(p) +
      features(p, p.hair, "M92 117q9 3 17-1") +
      shape("M84 110c5-5 11-6 16-3 5-3 11-2 16 3-6 2-11 1-16 0-5 1-10 2-16 0z", p.hair) +
      shape("M66 72h68c2 8 1 14 0 18-20-9-48-9-68 0-1-4-2-10 0-18z", p.shade, 'opacity=".75"') +
      shape("M64 66c2-26 8-40 20-42 6-1 11 4 17 4s11-5 16-3c12 4 17 17 19 41z", p.trim) +
      shape("M63 54h74l1 14H62z", "#2e2a28") +
      shape("M36 76c6-10 34-16 64-16s58 6 64 16c-14 4-38-2-64-2s-50 6-64 2z", p.trim) +
      shape("M117 25c12 4 17 17 19 41h-16c2-16 1-30-3-41z", "#3c3836"),
  },
  wizard: {
    palette: { ground: "#cbe1da", skin: "#f0c6a4", shade: "#dba885", hair: "#8c4a24", cloth: "#256a5f", trim: "#e9c46a" },
    draw: (p) =>
      bust(p) +
      shape("M70 154l30 20 30-20 10 8-40 30-40-30z", "#37897b") +
      dot(100, 182, 7, p.trim) +
      shape("M60 108c-6-16-4-36 4-46h72c8 10 10 30 4 46-4-2-8-8-9-14H69c-1 6-5 12-9 14z", p.hair) +
      head(p) +
      features(p, p.hair, "M90 113q11 9 20 0") +
      [80, 85, 82.5, 118, 115, 120].map((x, i) => dot(x, 98 + (i % 3) * 2.5, 1.1, "#b9744b")).join("") +
      shape("M64 84c2-14 6-20 10-22l6 14 8-16 8 16 10-16 6 15 9-14c6 4 11 10 14 23 3-16-2-30-10-36H74c-10 8-13 22-10 36z", p.hair) +
      shape("M66 64C72 36 84 14 112-6c10 2 20 10 24 20-10-4-16-2-18 4 6 12 13 28 17 46z", p.cloth) +
      shape("M118 18c6 12 13 28 17 46h-16c1-18 0-32-1-46z", "#1b5248") +
      shape("M66 62q34-10 68 0l1 9q-35-10-70 0z", p.trim) +
      shape("M34 76c10-11 38-14 66-14s56 3 66 14c-18 3-40-4-66-4s-48 7-66 4z", p.cloth) +
      shape("M97 32c5 7 8 11 8 15a8 8 0 0 1-16 0c0-4 3-8 8-15z", "#bfe3ee"),
  },
  "english-coach": {
    palette: { ground: "#f0d8d6", skin: "#8d5a3f", shade: "#754830", hair: "#2b1d1a", cloth: "#b65867", trim: "#f5e6d6", lips: "#c9695c" },
    draw: (p) =>
      dot(100, 34, 19, p.hair) +
      shape("M60 96c-5-32 12-54 40-54s45 22 40 54l-6 8H66z", p.hair) +
      bust(p) +
      shape("M80 150l20 18 20-18 6 4-26 52-26-52z", p.trim) +
      head(p) +
      features(p, p.hair, "M89 113q11 9 22 0") +
      dot(65, 104, 3.6, "#e9b949") +
      dot(135, 104, 3.6, "#d29f35") +
      shape("M64 88c-3-28 12-44 36-44s39 16 36 44c-6-14-20-26-36-26S70 74 64 88z", p.hair) +
      line("M84 58q16-8 32 0", "#46302a", 2.4),
  },
  "mandarin-coach": {
    palette: { ground: "#dfe4cd", skin: "#efc6a0", shade: "#dcab83", hair: "#232127", cloth: "#5e7f3f", trim: "#e6c46a" },
    draw: (p) =>
      shape("M58 100c-6-34 11-58 42-58s48 24 43 58c-2 18 2 34 9 50-10 8-26 8-36 4H82c-12 4-22 2-30-4 7-14 9-30 6-50z", p.hair) +
      bust(p) +
      shape("M80 140q20 14 40 0l7 15q-27 24-54 0z", p.cloth) +
      shape("M104 147q9-1 16-7l7 15q-10 9-21 11z", "#4b6732") +
      line("M100 147v58", "#4b6732", 2.4) +
      dot(100, 172, 3, p.trim) +
      dot(100, 190, 3, p.trim) +
      head(p) +
      features(p, p.hair) +
      dot(65, 105, 3.2, p.trim) +
      dot(135, 105, 3.2, "#cfae57") +
      shape("M62 98c-4-34 12-54 49-57-8 21-28 33-39 41-5 4-8 9-10 16zM138 98c4-32-8-53-34-56 4 22 23 32 28 40 3 4 5 10 6 16z", p.hair),
  },
  interviewer: {
    palette: { ground: "#d3dce1", skin: "#ecc3a4", shade: "#d6a484", hair: "#7d7a7c", cloth: "#44586a", trim: "#f4f3ef" },
    draw: (p) =>
      shape("M58 122c-7-38 8-80 44-80 34 0 48 40 40 80-5 8-14 9-22 4H80c-8 5-17 4-22-4z", p.hair) +
      bust(p) +
      shape("M80 150l20 20 20-20 6 56H74z", p.trim) +
      shape("M62 157l18-12 20 52-6 9H52zM138 157l-18-12-20 52 6 9h42z", "#364757") +
      shape("M80 145l14 28-12 2-14-22zM120 145l-14 28 12 2 14-22z", "#51677a") +
      head(p) +
      features(p, "#6b686a", "M91 114q9 5.500 18 0") +
      shape("M62 98c-6-34 8-56 42-56 28 0 40 22 34 54-4-16-12-27-24-33-14 14-36 16-46 20-3 4-5 9-6 15z", p.hair) +
      shape("M104 42c28 0 40 22 34 54-4-16-12-27-24-33z", "#949193") +
      `<g fill="none" stroke="#3a4450" stroke-width="2.400"><circle cx="87" cy="91" r="10.500"/><circle cx="113" cy="91" r="10.500"/><path d="M97.500 89q2.500-1.500 5 0M76.500 89l-9-2M123.500 89l9-2"/></g>`,
  },
};

const SKINS = [
  ["#f0c6a4", "#dba885"],
  ["#d9a582", "#c28b68"],
  ["#b27a55", "#986344"],
  ["#7d4f38", "#67402c"],
];
const HAIRS = ["#2b2320", "#5a3825", "#a4672f", "#8f9398", "#1f1d21"];
const CUTS = [
  "M63 92c-4-32 12-50 38-50 27 0 39 20 36 50-4-12-8-20-14-25-18 5-34 5-47 1-6 6-10 13-13 24z",
  "M64 88c-3-28 12-44 36-44s39 16 36 44c-6-14-20-26-36-26S70 74 64 88z",
  "M63 94c-6-34 8-54 36-54 30 0 44 22 38 54-8-8-14-18-16-28-10 8-30 10-42 4-6 6-12 14-16 24z",
];

/** A number from a name, the same every time (FNV-1a, stirred once more). @param {string} name */
function hash(name) {
  const sum = [...name].reduce((h, letter) => Math.imul(h ^ (letter.codePointAt(0) ?? 0), 16777619), 2166136261);
  return Math.imul(sum ^ (sum >>> 15), 2246822519) >>> 0;
}

/** @param {string} id @param {string} accent @returns {string} */
function stranger(id, accent) {
  const seed = hash(id);
  const [skin, shade] = SKINS[(seed >>> 4) % SKINS.length];
  const hair = HAIRS[(seed >>> 9) % HAIRS.length];
  const p = { ground: "", skin, shade, hair, cloth: accent, trim: "#f2ede2" };
  return (
    (seed & 4096 ? shape("M58 126c-8-40 8-84 42-84s50 44 42 84c-8 6-16 6-22 2H80c-6 4-14 4-22-2z", hair) : "") +
    bust(p) +
    shape("M77 152q23 28 46 0l6 3q-29 38-58 0z", p.trim) +
    head(p) +
    features(p, hair) +
    shape(CUTS[(seed >>> 17) % CUTS.length], hair)
  );
}

/** How large each is drawn, so that hats stay in the picture. @type {Record<string, number>} */
const SCALES = { wizard: 1, detective: 1.05, "english-coach": 1.07 };

/** Of a character that is here no more. */
export const UNKNOWN_ACCENT = "#2b6a61";

let drawn = 0;

/** What draws portraits of chosen parts, fetched when the first is to be drawn. @type {typeof import("./portrait-parts.js") | null} */
let chosen = null;

/** Draw those that had to wait for it. */
async function drawChosen() {
  chosen ??= await import("./portrait-parts.js");
  for (const waiting of document.querySelectorAll("svg[data-parts]")) waiting.outerHTML = portrait(waiting.getAttribute("data-parts") ?? "", "");
}

/**
 * A round portrait, as SVG text; decoration, since the name is always beside it.
 * @param {string} id one of ours, parts that somebody chose (`drawn-…`), or a stranger's name
 * @param {string} accent for strangers
 */
export function portrait(id, accent) {
  const known = PORTRAITS[id];
  if (known) return framed(known.palette.ground, SCALES[id] ?? 1.13, known.draw(known.palette));
  if (/^drawn-[a-z0-9-]+$/.test(id)) {
    const drawing = chosen?.drawPortrait(id);
    if (drawing) return framed(drawing.ground, drawing.scale, drawing.shapes);
    if (!chosen) {
      void drawChosen();
      return framed("transparent", 1, "", `data-parts="${id}"`);
    }
  }
  const colour = /^#[0-9a-f]{6}$/i.test(accent) ? accent : UNKNOWN_ACCENT;
  return framed(`color-mix(in srgb, ${colour} 24%, #efefeb)`, 1.13, stranger(id, colour));
}

/** @param {string} ground @param {number} scale @param {string} shapes @param {string} [more] */
function framed(ground, scale, shapes, more = "") {
  const clip = `face-${++drawn}`;
  return `<svg class="portrait" viewBox="0 0 200 200" aria-hidden="true" focusable="false" ${more}><clipPath id="${clip}"><circle cx="100" cy="100" r="100"/></clipPath><g clip-path="url(#${clip})"><path d="M0 0h200v200H0z" fill="${ground}"/><g transform="matrix(${scale} 0 0 ${scale} ${100 * (1 - scale)} ${30 * (1 - scale)})">${shapes}</g></g></svg>`;
}

/** What shows who somebody is: the picture they were given, or the drawn portrait. @param {{ picture?: string, portrait: string, accent: string }} character */
export const faceOf = ({ picture, portrait: parts, accent }) =>
  picture ? `<img class="portrait" src="${picture.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}" alt="" draggable="false">` : portrait(parts, accent);
