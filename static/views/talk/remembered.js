/** What is being remembered of the person, while they talk: a line each, and the press that takes it back. */
import { h, icon, iconButton } from "../../components/dom.js";
import { memoryLink } from "../../components/used.js";
import { t } from "../../i18n.js";
import { forgetFact, restoreFact, undoCorrection } from "../../protocol/memory.js";

/** @typedef {import("../../conversation/conversation.js").Remembered} Remembered */

/** What takes it back. */
const UNDO = { remembered: forgetFact, forgotten: restoreFact, corrected: undoCorrection };

/** As long as the server keeps what was deleted, and as long as it takes to read what has come of it. */
const SHOWN_MS = 10_000;
const READ_MS = 4000;

export class RememberedChips {
  /** @param {import("../../conversation/call.js").Call} call @param {() => void} leave where the focus goes from a chip that goes */
  constructor(call, leave) {
    this.call = call;
    this.leave = leave;
    /** @type {Map<Remembered, { element: HTMLElement, timer: number }>} */
    this.shown = new Map();
    this.element = h("div", { id: "remembered", role: "status" });
  }

  close() {
    for (const { timer } of this.shown.values()) clearTimeout(timer);
  }

  render() {
    const { remembered } = this.call.conversation;
    for (const [told, { element, timer }] of this.shown) {
      if (remembered.includes(told)) continue;
      clearTimeout(timer);
      if (element.contains(document.activeElement)) this.leave();
      element.remove();
      this.shown.delete(told);
    }
    for (const told of remembered) if (!this.shown.has(told)) this.show(told);
  }

  /** @param {Remembered} told */
  show(told) {
    const { fact, action } = told;
    const undo = h("button", { type: "button", class: "link undo", onclick: () => void this.undo(told) }, t("remembered.undo"));
    const said = action === "forgotten" ? h("span", { dir: "auto" }, fact.text) : memoryLink(fact.id, fact.text);
    const element = h(
      "div",
      { class: "chip", "data-action": action },
      h("span", { class: "sign", html: icon("memory") }),
      h("p", {}, `${t(`remembered.${action}`)} `, said),
      undo,
      iconButton("close", t("dismiss"), { class: "round small", onclick: () => this.told(told) }),
    );
    this.shown.set(told, { element, timer: setTimeout(() => this.pass(told), SHOWN_MS) });
    this.element.append(element);
  }

  /** It goes by itself, but not from under somebody who is at it. @param {Remembered} told */
  pass(told) {
    const chip = this.shown.get(told);
    if (!chip) return;
    if (chip.element.matches(":hover, :focus-within")) chip.timer = setTimeout(() => this.pass(told), READ_MS);
    else this.told(told);
  }

  /** @param {Remembered} told */
  told({ fact }) {
    this.call.dispatch({ type: "page.remembered_told", id: fact.id });
  }

  /** @param {Remembered} told */
  async undo(told) {
    const { fact, action } = told;
    const chip = this.shown.get(told);
    if (!chip) return;
    clearTimeout(chip.timer);
    const done = await UNDO[action](fact.id).then(
      () => "remembered.undone",
      () => "remembered.undo.failed",
    );
    if (chip.element.contains(document.activeElement)) this.leave();
    chip.element.querySelector("p")?.replaceChildren(t(done, { text: fact.text }));
    chip.element.querySelector(".undo")?.remove();
    chip.timer = setTimeout(() => this.pass(told), READ_MS);
  }
}
