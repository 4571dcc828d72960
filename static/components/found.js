/** Text in which what was searched for is marked. */
import { h } from "./dom.js";

/**
 * @param {string} text @param {string} wanted words, apart from each other by spaces; nothing is marked for ""
 * @returns {(HTMLElement | string)[]}
 */
export function marked(text, wanted) {
  const words = wanted.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [text];
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return text.split(new RegExp(`(${pattern})`, "giu")).map((part, i) => (i % 2 ? h("mark", {}, part) : part));
}
