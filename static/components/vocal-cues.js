/** How the person sounded: a quiet face and a word beside the name. The words of the line stay as they are. */
import { svgIcon, h } from "./dom.js";
import { hasText, t } from "../i18n.js";

const OPEN_EYES = "M9 10v.01M15 10v.01";

/** Eyes and mouth of each emotion. @type {Record<string, string>} */
const FACES = {
  happy: `${OPEN_EYES}M8.500 14c1.800 2.400 5.200 2.400 7 0`,
  angry: `${OPEN_EYES}M7.800 8l2.400 1.200M16.200 8l-2.400 1.200M9 16c1.600-1.300 4.400-1.300 6 0`,
  sad: `${OPEN_EYES}M9 16c1.600-1.600 4.400-1.600 6 0`,
  afraid: `${OPEN_EYES}M8.500 15.500l1.750-1 1.750 1 1.750-1 1.750 1`,
  disgusted: `${OPEN_EYES}M9 15.500c1-1.200 2 1 3 0s2-1.200 3 0`,
  melancholic: "M8 10.500l2-.5M16 10.500l-2-.5M9 15.500h6",
  surprised: `${OPEN_EYES}M12 13.500a1.700 1.700 0 1 0 .01 0`,
  calm: "M8 10.300h2M14 10.300h2M9 14.500c1.600 1 4.400 1 6 0",
};
const WAVES = '<path d="M5 10v4M9 7v10M13 9.500v5M17 6v12"/>';

/**
 * What goes beside the name; nothing if nothing is known. Names that this page has no word for are left out.
 * @param {import("../conversation/conversation.js").Line} line
 */
export function vocalCues({ emotion, sounds }) {
  /** @type {[string, string][]} */
  const signs = [
    [`emotion.${emotion}`, `<circle cx="12" cy="12" r="8.500"/><path d="${FACES[emotion]}"/>`],
    ...sounds.map((sound) => /** @type {[string, string]} */ ([`sound.${sound}`, WAVES])),
  ];
  const known = signs.filter(([key]) => hasText(key));
  if (known.length === 0) return [];
  const shown = known.map(([key, strokes]) => h("span", { html: svgIcon(strokes) }, t(key)));
  return [h("span", { class: "unseen" }, t("vocal.cues")), ...shown];
}
