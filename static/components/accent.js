/** A character's colour, made darker or lighter until it can be read on the page's grounds (WCAG contrast). */

/** The grounds of app.css, light and dark, as they are under the strongest tint that an accent gives them. */
const LIGHT = [240, 240, 237];
const DARK = [29, 31, 33];
/** By direction: darker on the light ground, lighter on the dark one, where a little more looks right. */
const LEAST_CONTRAST = { "-1": 4.8, 1: 6.5 };
const FALLBACK = "#56606b";

/** @param {number[]} rgb relative luminance, 0 to 1 */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {number[]} one @param {number[]} other */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** @param {string} hex `#rrggbb` */
export const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Hue, saturation and lightness, each 0 to 1. @param {number[]} rgb */
function hsl([r, g, b]) {
  const [high, low] = [Math.max(r, g, b) / 255, Math.min(r, g, b) / 255];
  const [span, sum] = [high - low, high + low];
  if (span === 0) return [0, 0, sum / 2];
  const turn = [(g - b) / 255 / span, 2 + (b - r) / 255 / span, 4 + (r - g) / 255 / span][[r, g, b].indexOf(Math.max(r, g, b))];
  return [(turn / 6 + 1) % 1, span / (1 - Math.abs(sum - 1)), sum / 2];
}

/** @param {number[]} hsl each 0 to 1 @returns {number[]} 0 to 255 */
const fromHsl = ([h, s, l]) =>
  [0, 8, 4].map((n) => {
    const k = (n + h * 12) % 12;
    return Math.round(255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });

/**
 * The colour, no lighter or darker than it must be; hue and saturation stay, so that it does not turn grey.
 * @param {number[]} colour @param {1 | -1} direction lighter or darker @param {number[]} ground
 */
function readable(colour, direction, ground) {
  const [h, s, l] = hsl(colour);
  for (let lightness = l; lightness >= 0 && lightness <= 1; lightness += 0.02 * direction) {
    const moved = fromHsl([h, s, lightness]);
    if (contrast(moved, ground) >= LEAST_CONTRAST[direction]) return `rgb(${moved.join(" ")})`;
  }
  return direction > 0 ? "#ffffff" : "#000000";
}

/**
 * The accent for each scheme.
 * @param {string} hex as the character gives it
 */
export function accents(hex) {
  const colour = rgb(/^#[0-9a-f]{6}$/i.test(hex) ? hex : FALLBACK);
  return { light: readable(colour, -1, LIGHT), dark: readable(colour, 1, DARK) };
}

/** Light an element in a character's colour. @param {HTMLElement} element @param {string} hex */
export function applyAccent(element, hex) {
  const { light, dark } = accents(hex);
  element.style.setProperty("--accent-light", light);
  element.style.setProperty("--accent-dark", dark);
}
