/** A button that asks once more, in its place, before what cannot be taken back. */
import { h } from "./dom.js";

/**
 * @param {HTMLButtonElement} button
 * @param {{ question: string, yes: string, no: string }} words
 * @param {() => void} act
 */
export function askFirst(button, { question, yes, no }, act) {
  button.addEventListener("click", () => {
    const leave = () => {
      asked.replaceWith(button);
      button.focus();
    };
    const keep = h("button", { type: "button", class: "plain", onclick: leave }, no);
    const sure = () => {
      leave();
      act();
    };
    const asked = h(
      "span",
      { class: "asked", role: "group", "aria-label": question, onkeydown: (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && leave() },
      h("span", {}, question),
      h("button", { type: "button", class: "primary", onclick: sure }, yes),
      keep,
    );
    button.replaceWith(asked);
    keep.focus();
  });
  return button;
}
