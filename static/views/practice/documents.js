/** An advert or a CV: pasted, chosen as a file, or dropped; the server takes the words out of a file. */
import { h } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { hasText, t } from "../../i18n.js";
import { readDocument } from "../../protocol/practice.js";
import { idOf, row } from "./controls.js";

const TYPES = ".pdf,.docx,.txt,.md,.html,.htm";
/** Letters, as the server takes them. */
const LONGEST = 20_000;

/** @param {string} field @param {"advert" | "resume"} name @param {string} text @param {(text: string) => void} onwrite @param {AbortSignal} signal */
export function documentField(field, name, text, onwrite, signal) {
  const id = idOf(field);
  const area = h("textarea", { id, rows: 3, maxlength: LONGEST, dir: "auto", placeholder: t(`practice.${name}.example`), "aria-describedby": `${id}-word ${id}-problem` });
  area.value = text;
  area.oninput = () => onwrite(area.value);
  const word = h("p", { class: "note", id: `${id}-word`, role: "status" });
  const file = h("input", { type: "file", accept: TYPES, "aria-label": t("practice.file", { what: t(`practice.${name}`) }) });
  let taken = 0;
  const take = async (/** @type {File | undefined} */ given) => {
    if (!given) return;
    const number = ++taken;
    word.textContent = t("practice.file.reading", { name: given.name });
    try {
      const read = await readDocument(given, signal);
      if (number !== taken) return; // Another one was given meanwhile.
      area.value = read.text.slice(0, LONGEST);
      onwrite(area.value);
      word.textContent = t("practice.file.read", { name: given.name });
    } catch (error) {
      if (signal.aborted || number !== taken) return;
      const code = `practice.file.${/** @type {any} */ (error).code}`;
      word.textContent = hasText(code) ? t(code) : reasonOf(error);
    }
  };
  file.onchange = () => {
    void take(file.files?.[0]);
    file.value = "";
  };
  const element = row(
    field,
    h("label", { for: id }, t(`practice.${name}`)),
    area,
    h("p", { class: "beside" }, h("label", { class: "choose-file plain" }, t("practice.file.choose"), file), h("span", { class: "note" }, t("practice.file.drop"))),
    word,
  );
  for (const type of /** @type {const} */ (["dragover", "drop"])) {
    element.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // Or it would be taken for a character card.
      if (type === "drop") void take(event.dataTransfer.files[0]);
    });
  }
  return element;
}
