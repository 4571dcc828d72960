/** The title of a conversation, which can be changed where it stands. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";

/** The longest title that the server takes. */
const LONGEST = 200;

/**
 * @param {string} title
 * @param {(title: string) => Promise<void>} save
 * @returns {{ element: HTMLElement, readonly editing: boolean, edit: () => void, show: (title: string) => void }}
 */
export function editableTitle(title, save) {
  const heading = h("h1", { class: "name", dir: "auto" }, title);
  const element = h("div", { class: "title" }, heading);
  const show = (/** @type {string} */ text) => {
    heading.textContent = text;
    element.replaceChildren(heading);
  };
  const edit = () => {
    const field = h("input", { id: "title", type: "text", value: heading.textContent, maxlength: LONGEST, "aria-label": t("history.title"), dir: "auto", enterkeyhint: "done" });
    const leave = () => {
      element.replaceChildren(heading);
      document.querySelector("#rename") instanceof HTMLElement && /** @type {HTMLElement} */ (document.querySelector("#rename")).focus();
    };
    const submit = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const text = field.value.trim();
      leave();
      if (text && text !== heading.textContent) await save(text);
    };
    const escape = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") leave();
    };
    element.replaceChildren(
      h(
        "form",
        { onsubmit: submit, onkeydown: escape },
        field,
        h("button", { class: "primary" }, t("history.save")),
        h("button", { type: "button", class: "plain", onclick: leave }, t("history.cancel")),
      ),
    );
    field.select();
  };
  return {
    element,
    get editing() {
      return !heading.isConnected;
    },
    edit,
    show,
  };
}
