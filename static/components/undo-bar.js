/** One quiet bar that says what was done and, for a while, takes it back. It outlasts the view that it was done in. */
import { h } from "./dom.js";

/** As long as the server keeps what was deleted, and as long as it takes to read what has come of it. */
const UNDO_MS = 10_000;
const READ_MS = 4000;

let timer = 0;

/** @param {string} text @param {{ label: string, act: () => Promise<string> } | null} undo `act` gives what to say then */
export function showUndoBar(text, undo) {
  clearTimeout(timer);
  document.querySelector("#undo")?.remove();
  const said = h("p", { role: "status" });
  const bar = h("aside", { id: "undo" }, said);
  document.body.append(bar);
  said.textContent = text; // After it is there, or nothing is read out.
  if (undo) {
    const button = h("button", { type: "button", class: "link" }, undo.label);
    button.onclick = async () => {
      button.disabled = true;
      showUndoBar(await undo.act(), null);
    };
    bar.append(button);
  }
  timer = setTimeout(() => bar.remove(), undo ? UNDO_MS : READ_MS);
}
