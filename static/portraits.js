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

const INK = "#2a211d";
const FACE = "M66 86C66 60 80 47 100 47s34 13 34 39c0 25-16 46-34 46S66 111 66 86z";

/** @param {string} d @param {string} fill @param {string} [more] */
const shape = (d, fill, more = "") => `<path d="${d}" fill="${fill}" ${more}/>`;
/** @param {string} d @param {string} stroke @param {number} width */
const line = (d, stroke, width) =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
/** @param {number} x @param {number} y @param {number} r @param {string} fill */
const dot = (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;

/** Shoulders and neck. @param {Palette} p */
const bust = (p) =>
  shape("M22 206c0-34 26-47 58-54l20 14 20-14c32 7 58 20 58 54z", p.cloth) +
  shape("M84 116h32v30l6 5-22 17-22-17 6-5z", p.skin) +
  shape("M84 124q16 16 32 2v20l6 5-18 14c4-16-4-24-20-30z", p.shade);

/** Ears, head, and the side away from the light. @param {Palette} p */
const head = (p) =>
  dot(66, 92, 7, p.skin) +
  dot(134, 92, 7, p.shade) +
  shape(FACE, p.skin) +
  shape("M112 49c14 5 22 17 22 37 0 25-16 46-34 46 14-9 23-24 23-46 0-16-4-29-11-37z", p.shade);

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
    palette: { ground: "#cfe0d8", skin: "#e3b08d", shade: "#cf9672", hair: "#3d2b26", cloth: "#2f7268", trim: "#f2ede2" },
    draw: (p) =>
      shape("M57 128c-8-20-7-48 3-64 9-15 24-22 41-22 22 0 37 12 43 31 6 20 3 40-3 56-6 6-16 6-24 2H80c-8 4-18 3-23-3z", p.hair) +
      bust(p) +
      shape("M76 153q24 26 48 0l7 3q-31 36-62 0z", p.trim) +
      head(p) +
      features(p, p.hair) +
      shape("M62 92c-3-32 14-48 38-48 25 0 40 17 37 47-4-14-9-22-17-27-18 8-38 7-47 6-6 5-9 12-11 22z", p.hair),
  },
  philosopher: {
    palette: { ground: "#e4d9c4", skin: "#d9a582", shade: "#c28b68", hair: "#efebe3", cloth: "#b98a4c", trim: "#f4eddd" },
    draw: (p) =>
      bust({ ...p, cloth: p.trim }) +
      shape("M22 206c0-34 22-46 50-52 12 22 44 38 66 52z", p.cloth) +
      line("M62 160c10 18 30 32 48 44M46 168c8 14 22 26 36 36", "#9c713a", 2.4) +
      shape("M70 62c-13 4-17 26-10 44l12-2zM130 62c13 4 17 26 10 44l-12-2z", "#d5d0c6") +
      head(p) +
      line("M86 60q14-5 28 0M90 67q10-3 20 0", p.shade, 2) +
      shape("M65 92c4 10 12 13 20 13q15-7 30 0c8 0 16-3 20-13 4 30-6 68-35 72-29-4-39-42-35-72z", p.hair) +
      shape("M135 92c4 30-6 68-35 72 19-12 27-34 24-60 5-2 9-6 11-12z", "#d5d0c6") +
      features(p, "#d5d0c6", "M92 117q8 5 16 0") +
      line("M79 82q7-6 14-2M107 80q7-4 14 2", p.hair, 5) +
      shape("M84 111c4-6 10-8 16-5 6-3 12-1 16 5-6-2-11-2-16-1-5-1-10-1-16 1z", "#e2ddd3"),
  },
  detective: {
    palette: { ground: "#aab6c4", skin: "#dba98a", shade: "#b98467", hair: "#33302f", cloth: "#b39a74", trim: "#4a5563" },
    draw: (p) =>
      bust(p) +
      shape("M84 148l16 20 16-20 4 58H80z", "#efece6") +
      shape("M96 166h8l5 40H91z", "#7d3b35") +
      shape("M64 156l16-20 22 46-8 24H58z", "#a0875f") +
      shape("M136 156l-16-20-22 46 8 24h36z", "#8f774f") +
      shape("M62 96c-2-14 0-24 4-30h68c4 6 6 16 4 30l-6 2-4-22H72l-4 22z", p.hair) +
      head(p) +
      features(p, p.hair, "M92 115q9 3 17-1") +
      shape("M66 72h68c2 8 1 14 0 18-20-9-48-9-68 0-1-4-2-10 0-18z", p.shade, 'opacity=".75"') +
      shape("M64 66c2-26 8-40 20-42 6-1 11 4 17 4s11-5 16-3c12 4 17 17 19 41z", p.trim) +
      shape("M63 54h74l1 14H62z", "#2c333c") +
      shape("M36 76c6-10 34-16 64-16s58 6 64 16c-14 4-38-2-64-2s-50 6-64 2z", p.trim) +
      shape("M117 25c12 4 17 17 19 41h-16c2-16 1-30-3-41z", "#3d4753"),
  },
  wizard: {
    palette: { ground: "#c9c2e0", skin: "#f0c6a4", shade: "#dba885", hair: "#8c4a24", cloth: "#46397d", trim: "#e9b949" },
    draw: (p) =>
      bust(p) +
      shape("M70 154l30 20 30-20 10 8-40 30-40-30z", "#5a4b9a") +
      dot(100, 182, 7, p.trim) +
      shape("M60 108c-6-16-4-36 4-46h72c8 10 10 30 4 46-4-2-8-8-9-14H69c-1 6-5 12-9 14z", p.hair) +
      head(p) +
      features(p, p.hair, "M90 113q11 9 20 0") +
      [80, 85, 82.5, 118, 115, 120].map((x, i) => dot(x, 98 + (i % 3) * 2.5, 1.1, "#b9744b")).join("") +
      shape("M64 84c2-14 6-20 10-22l6 14 8-16 8 16 10-16 6 15 9-14c6 4 11 10 14 23 3-16-2-30-10-36H74c-10 8-13 22-10 36z", p.hair) +
      shape("M66 64C72 36 84 14 112-6c10 2 20 10 24 20-10-4-16-2-18 4 6 12 13 28 17 46z", p.cloth) +
      shape("M118 18c6 12 13 28 17 46h-16c1-18 0-32-1-46z", "#382d68") +
      shape("M66 62q34-10 68 0l1 9q-35-10-70 0z", p.trim) +
      shape("M34 76c10-11 38-14 66-14s56 3 66 14c-18 3-40-4-66-4s-48 7-66 4z", p.cloth) +
      shape("M95 38l2.200 5 5.300.6-4 3.600 1.200 5.300-4.700-2.700-4.700 2.700 1.200-5.300-4-3.600 5.300-.6z", p.trim),
  },
  "english-coach": {
    palette: { ground: "#f0d9cb", skin: "#8d5a3f", shade: "#754830", hair: "#2b1d1a", cloth: "#c2543d", trim: "#f3e3c7", lips: "#c9695c" },
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
    palette: { ground: "#d9e0c9", skin: "#efc6a0", shade: "#dcab83", hair: "#232127", cloth: "#a8433a", trim: "#e6b65a" },
    draw: (p) =>
      shape("M58 100c-6-34 11-58 42-58s48 24 43 58c-2 18 2 34 9 50-10 8-26 8-36 4H82c-12 4-22 2-30-4 7-14 9-30 6-50z", p.hair) +
      bust(p) +
      shape("M80 140q20 14 40 0l7 15q-27 24-54 0z", p.cloth) +
      shape("M104 147q9-1 16-7l7 15q-10 9-21 11z", "#8f342d") +
      line("M100 147v58", "#8f342d", 2.4) +
      dot(100, 172, 3, p.trim) +
      dot(100, 190, 3, p.trim) +
      head(p) +
      features(p, p.hair) +
      dot(65, 105, 3.2, "#4f8a6d") +
      dot(135, 105, 3.2, "#43775e") +
      shape("M62 98c-4-34 12-54 46-56-5 20-25 32-36 40-5 4-8 9-10 16zM138 98c4-32-8-53-34-56 4 22 23 32 28 40 3 4 5 10 6 16z", p.hair),
  },
  interviewer: {
    palette: { ground: "#c8d3dc", skin: "#e8bd9d", shade: "#d19f7d", hair: "#8f9398", cloth: "#27384f", trim: "#f4f4f1" },
    draw: (p) =>
      bust(p) +
      shape("M80 148l20 20 20-20 6 58H74z", p.trim) +
      shape("M94 168h12l-2 8 5 30H91l5-30z", "#3f6e8c") +
      shape("M62 157l18-12 18 42-6 19H52zM138 157l-18-12-18 42 6 19h40z", "#1d2b3e") +
      shape("M80 143l20 24-11 10-15-26zM120 143l-20 24 11 10 15-26z", "#e2e3e1") +
      head(p) +
      shape("M63 90c-4-30 8-50 40-50 26 0 38 18 34 50-3-6-5-14-5-20-20 2-38-4-46-12-6 8-14 12-19 14 0 6-2 12-4 18z", p.hair) +
      features(p, "#74787d", "M91 115q9 4.500 18 0") +
      `<g fill="none" stroke="#2a3340" stroke-width="2.600"><rect x="75" y="82" width="22" height="17" rx="6"/><rect x="103" y="82" width="22" height="17" rx="6"/><path d="M97 88q3-2 6 0M75 88l-9-2M125 88l9-2"/></g>`,
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

let drawn = 0;

/**
 * A round portrait, as SVG text; decoration, since the name is always beside it.
 * @param {string} id @param {string} accent for strangers
 */
export function portrait(id, accent) {
  const known = PORTRAITS[id];
  const scale = SCALES[id] ?? 1.13;
  const clip = `face-${++drawn}`;
  return `<svg class="portrait" viewBox="0 0 200 200" aria-hidden="true" focusable="false"><clipPath id="${clip}"><circle cx="100" cy="100" r="100"/></clipPath><g clip-path="url(#${clip})"><path d="M0 0h200v200H0z" fill="${known?.palette.ground ?? `color-mix(in srgb, ${accent} 24%, #efefeb)`}"/><g transform="matrix(${scale} 0 0 ${scale} ${100 * (1 - scale)} ${30 * (1 - scale)})">${known ? known.draw(known.palette) : stranger(id, accent)}</g></g></svg>`;
}
