/** Reporting a character to whoever runs the server. */
import { h, iconButton } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { reportCharacter } from "../../protocol/discover.js";
import { reasonOf } from "./card.js";

/** Why, as the server knows it. */
const REASONS = ["sexual", "violent", "hateful", "illegal", "a_real_person", "other"];

/** The most letters of what is said besides. */
const MOST = 2000;

/** @param {string} id @param {string} name @param {() => void} sent */
export function reportDialog(id, name, sent) {
  const problem = h("p", { class: "problem", role: "alert" });
  const text = h("textarea", { id: "report-text", rows: 3, maxlength: MOST, dir: "auto" });
  const choices = REASONS.map((reason) =>
    h("label", { class: "switch" }, h("input", { type: "radio", name: "reason", value: reason, required: true }), t(`report.reason.${reason}`)),
  );
  const form = h(
    "form",
    { class: "sheet", method: "dialog" },
    h("p", { class: "note" }, t("report.text")),
    h("fieldset", {}, h("legend", {}, t("report.why")), ...choices),
    h("div", { class: "row" }, h("label", { for: "report-text" }, t("report.more")), text),
    problem,
    h("p", { class: "actions" }, h("button", { class: "primary", id: "report-send" }, t("report.send"))),
  );
  const dialog = h(
    "dialog",
    { id: "report-dialog", "aria-labelledby": "report-title", onclose: () => dialog.remove() },
    h("header", {}, h("h1", { id: "report-title" }, t("report.title", { name })), iconButton("close", t("report.cancel"), { onclick: () => dialog.close() })),
    form,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await reportCharacter(id, String(new FormData(form).get("reason")), text.value.trim());
      dialog.close();
      sent();
    } catch (error) {
      problem.textContent = reasonOf(error);
    }
  };
  document.body.append(dialog);
  dialog.showModal();
}
