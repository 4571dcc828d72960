/** A character's colour, moved towards black or white until it can be read on the page's grounds (WCAG contrast). */

/** The grounds of app.css, light and dark, as they are under the strongest light of the room. */
const LIGHT = [240, 240, 237];
const DARK = [29, 31, 33];
const LEAST_CONTRAST = 4.8;
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

/** @param {number[]} colour @param {number} target 0 for black, 255 for white @param {number[]} ground */
function readable(colour, target, ground) {
  for (let share = 0; share <= 1; share += 0.04) {
    const mixed = colour.map((value) => Math.round(value + (target - value) * share));
    if (contrast(mixed, ground) >= LEAST_CONTRAST) return `rgb(${mixed.join(" ")})`;
  }
  return target ? "#ffffff" : "#000000";
}

/**
 * The accent for each scheme.
 * @param {string} hex as the character gives it
 */
export function accents(hex) {
  const colour = rgb(/^#[0-9a-f]{6}$/i.test(hex) ? hex : FALLBACK);
  return { light: readable(colour, 0, LIGHT), dark: readable(colour, 255, DARK) };
}

/** Light an element in a character's colour. @param {HTMLElement} element @param {string} hex */
export function tint(element, hex) {
  const { light, dark } = accents(hex);
  element.style.setProperty("--accent-light", light);
  element.style.setProperty("--accent-dark", dark);
}
