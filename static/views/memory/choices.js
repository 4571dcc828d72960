/** Whether anything is remembered at all: by everybody, and by each character. */
import { h, segmentedControl } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { choose, fetchChoices } from "../../protocol/memory.js";

/** @typedef {import("../../protocol/memory.js").Choice} Choice */

const STATES = /** @type {const} */ (["on", "paused", "off"]);

export class Choices {
  /** @param {string} character whose is shown @param {(text: string) => void} say @param {(character: string) => string} nameOf */
  constructor(character, say, nameOf) {
    this.say = say;
    this.nameOf = nameOf;
    /** @type {Map<string, Choice>} */
    this.made = new Map();
    this.character = character;
    this.closing = new AbortController();
    this.element = h("div", { id: "choices", hidden: true });
    void this.fetch();
  }

  close() {
    this.closing.abort();
  }

  async fetch() {
    try {
      const { items } = await fetchChoices(this.closing.signal);
      this.made = new Map(items.map((choice) => [choice.character_id, choice]));
      this.element.hidden = false;
      this.show(this.character);
    } catch {
      // The list below says what is wrong with the server.
    }
  }

  /** @param {string} character "" for all */
  of(character) {
    return this.made.get(character) ?? { character_id: character, state: /** @type {const} */ ("on"), shared: false };
  }

  /** Once it is known what was chosen. @param {string} character */
  show(character) {
    this.character = character;
    if (this.element.hidden) return;
    const choice = this.of(character);
    const all = this.of("");
    const name = character ? this.nameOf(character) : "";
    const stopped = character !== "" && all.state !== "on";
    const legend = character ? t("memory.state.of", { name }) : t("memory.state");
    const states = /** @type {[string, string][]} */ (STATES.map((state) => [state, t(`memory.state.${state}`)]));
    const shared = h("input", { id: "shared", type: "checkbox", checked: choice.shared, onchange: () => void this.set({ shared: shared.checked }) });
    this.element.replaceChildren(
      segmentedControl("state", legend, states, choice.state, (state) => void this.set({ state: /** @type {Choice["state"]} */ (state) })),
      h("p", { class: "note", id: "state-text" }, t(`memory.state.${stopped ? `all-${all.state}` : choice.state}.text`)),
      h("label", { class: "switch" }, shared, character ? t("memory.shared.of", { name }) : t("memory.shared")),
    );
  }

  /** @param {Partial<Choice>} changes */
  async set(changes) {
    const focused = document.activeElement;
    const back = focused?.id ? `#${focused.id}` : `#state [value="${focused?.getAttribute("value")}"]`;
    try {
      const made = await choose({ ...this.of(this.character), ...changes });
      this.made.set(made.character_id, made);
    } catch {
      this.say(t("memory.failed"));
    }
    this.show(this.character);
    /** @type {HTMLElement | null} */ (this.element.querySelector(back))?.focus();
  }
}
