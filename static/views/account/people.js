/** What operators see of people: who there is and how much they have, never what was said. */
import { dateAndTime, sizeOf } from "../../components/dates.js";
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { changePerson, listPeople } from "../../protocol/account.js";
import { fillPages } from "./log.js";

/** @typedef {import("../../protocol/account.js").Person} Person */

/** @param {HTMLElement} view */
export async function people(view) {
  const list = h("ul", { id: "people", class: "rows" });
  view.append(h("h1", {}, t("account.people")), h("p", { class: "note" }, t("people.text")), list);
  await fillPages(view, list, listPeople, row);
}

/** @param {Person} person @returns {HTMLElement} */
function row(person) {
  const { usage } = person;
  const seen = person.seen_at ? t("people.seen", { date: dateAndTime(new Date(person.seen_at)) }) : t("people.unseen");
  const has = t("people.usage", { conversations: usage.conversations, files: usage.files, bytes: sizeOf(usage.file_bytes) });
  const problem = h("p", { class: "problem", role: "alert" });
  const change = async (/** @type {Parameters<typeof changePerson>[1]} */ changes) => {
    try {
      const { usage: _none, ...changed } = await changePerson(person.id, changes);
      const fresh = row({ ...person, ...changed });
      element.replaceWith(fresh);
      fresh.querySelector("button")?.focus();
    } catch (error) {
      problem.textContent = /** @type {any} */ (error).text || t("form.unreachable");
    }
  };
  const button = (/** @type {string} */ key, /** @type {Parameters<typeof changePerson>[1]} */ changes) =>
    h("button", { type: "button", class: "plain", "aria-label": `${t(key)}: ${person.name || person.id}`, onclick: () => void change(changes) }, t(key));
  const element = h(
    "li",
    { class: "entry", "data-person": person.id },
    h(
      "div",
      { class: "words" },
      h("p", { class: "name", dir: "auto" }, person.name || person.id),
      h("p", { class: "tongues" }, [person.email, t(`role.of.${person.role}`), person.suspended && t("people.suspended"), seen].filter(Boolean).join(" · ")),
      h("p", { class: "tongues" }, has),
      problem,
    ),
    person.role !== "owner" &&
      h(
        "div",
        { class: "tools" },
        person.suspended ? button("people.let-in", { suspended: false }) : button("people.suspend", { suspended: true }),
        person.role === "operator" && button("people.demote", { role: "member" }),
        person.role === "member" && button("people.promote", { role: "operator" }),
      ),
  );
  return element;
}
