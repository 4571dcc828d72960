/** The rest of a character from one sentence, where a language model is connected. */
import { h } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { t } from "../../i18n.js";
import { fetchStatus } from "../../protocol/api.js";
import { propose } from "../../protocol/characters.js";
import { isBlank } from "./form/paths.js";

/** @param {import("./editor.js").Editor} editor */
export function proposal(editor) {
  const field = h("input", { type: "text", id: "sentence", dir: "auto", maxlength: 500, placeholder: t("propose.example"), autocomplete: "off" });
  const button = h("button", { class: "primary" }, t("propose.do"));
  const word = h("p", { class: "note", role: "status" });
  const element = h(
    "form",
    { class: "proposal", hidden: true },
    h("label", { for: "sentence" }, t("propose.label")),
    h("div", { class: "field" }, field, button),
    word,
  );
  /** What was there before, for whoever likes that better. @type {import("../../protocol/characters.js").CharacterFile | null} */
  let before = null;
  const back = h("button", { type: "button", class: "link" }, t("propose.back"));
  back.onclick = () => {
    if (before) editor.replace(before);
    word.textContent = "";
  };
  element.onsubmit = async (event) => {
    event.preventDefault();
    const sentence = field.value.trim();
    if (!sentence) return field.focus();
    button.disabled = true;
    word.textContent = t("propose.busy");
    try {
      const { draft } = await propose(sentence, editor.language, editor.closing.signal);
      before = structuredClone(editor.file);
      editor.replace(filled(editor.file, draft, editor.language));
      word.replaceChildren(t("propose.done"), " ", back);
    } catch (error) {
      if (editor.closing.signal.aborted) return;
      word.textContent = reasonOf(error);
    } finally {
      button.disabled = false;
    }
  };
  if (!editor.made || isBlank(editor.file)) {
    void fetchStatus().then((status) => (element.hidden = !status.language_model.connected), () => {});
  }
  return element;
}

/**
 * What was written stays, what was not is proposed.
 * @param {import("../../protocol/characters.js").CharacterFile} file @param {import("../../protocol/characters.js").CharacterFile} draft
 * @param {string} language of the draft
 */
function filled(file, draft, language) {
  const languages = [...new Set([...file.languages, language])];
  const tables = Object.fromEntries(languages.map((language) => [language, { ...draft[language], ...file[language] }]));
  return { ...draft, ...file, languages, ...tables };
}
