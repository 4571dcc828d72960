/**
 * The cards that are due, one after the other: the front, what is better, how well it was known. Space shows and says "good",
 * the keys 1 to 4 say how well.
 */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { listCards, reviewCard, takeBack } from "../../protocol/cards.js";
import { hashOf } from "../../router.js";
import { marked, tag, until } from "./faces.js";

/** @typedef {import("../../protocol/cards.js").Card} Card */
/** @typedef {import("../../protocol/cards.js").Rating} Rating */

/** @type {Rating[]} in the order of their keys */
const RATINGS = ["again", "hard", "good", "easy"];

/** Cards that are fetched at a time. */
const AT_ONCE = "50";

/** Where a key types, or presses what has the focus. */
const TAKES_KEYS = "input, textarea, select, a, summary, button, dialog, dialog *";

export class Review {
  /** @param {{ language: string, changed: () => void, refused: (error: unknown) => void, next: () => string | null }} how */
  constructor(how) {
    this.how = how;
    /** @type {Card[]} */
    this.due = [];
    this.shown = false;
    this.busy = false;
    this.since = 0;
    /** @type {string} the card that was answered last, for as long as that can be taken back here */
    this.last = "";
    this.asking = new AbortController();
    this.place = h("section", { id: "review", "aria-label": t("cards.review") });
    this.word = h("p", { class: "note", role: "status" });
    this.back = h("button", { type: "button", id: "take-back", class: "link", hidden: true, onclick: () => void this.takeBack() }, t("cards.take-back"));
    this.element = h("div", { class: "reviewing" }, this.place, h("p", { class: "said" }, this.word, this.back));
    this.key = (/** @type {KeyboardEvent} */ event) => this.pressed(event);
    document.addEventListener("keydown", this.key);
  }

  close() {
    this.asking.abort();
    document.removeEventListener("keydown", this.key);
  }

  /** The cards that are due now. @param {boolean} [focus] whether the first is gone on with */
  async begin(focus = false) {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const { items } = await listCards({ language: this.how.language, due: "true", limit: AT_ONCE }, signal);
      if (signal.aborted) return;
      this.due = items;
      this.show(focus);
    } catch (error) {
      if (!signal.aborted) this.how.refused(error);
    }
  }

  /** @param {boolean} [focus] */
  show(focus = true) {
    const [card] = this.due;
    this.shown = false;
    this.since = performance.now();
    this.place.replaceChildren(...(card ? this.front(card) : this.nothing()));
    if (focus) /** @type {HTMLElement | null} */ (this.place.querySelector("#reveal, a"))?.focus({ preventScroll: true });
  }

  /** @param {Card} card */
  front(card) {
    return [
      h("p", { class: "count" }, this.due.length === 1 ? t("cards.due.one") : t("cards.due", { count: this.due.length >= Number(AT_ONCE) ? `${AT_ONCE}+` : this.due.length })),
      h(
        "div",
        { class: "flashcard", "data-card": card.id },
        h("p", { class: "ask" }, t("cards.ask")),
        h("p", { class: "front", lang: tag(card.language), dir: "auto" }, ...marked(card.front)),
        h("div", { class: "answer", role: "status" }),
      ),
      h("p", { class: "actions ratings" }, h("button", { type: "button", id: "reveal", class: "primary", "aria-keyshortcuts": "Space", onclick: () => this.reveal() }, t("cards.show"))),
    ];
  }

  reveal() {
    const [card] = this.due;
    if (!card || this.shown) return;
    this.shown = true;
    this.place.querySelector(".answer")?.append(
      h("p", { class: "better", lang: tag(card.language), dir: "auto" }, card.back),
      ...(card.reason ? [h("p", { class: "reason", dir: "auto" }, card.reason)] : []),
      h("p", {}, h("button", { type: "button", class: "link", onclick: () => void this.shadow(card) }, t("cards.shadow"))),
    );
    const now = Date.now();
    const buttons = RATINGS.map((rating, at) => {
      const when = until(card.next[rating], now);
      const label = t("cards.rating.label", { rating: t(`cards.rating.${rating}`), when });
      const parts = [h("span", {}, t(`cards.rating.${rating}`)), h("span", { class: "when" }, when), h("kbd", { "aria-hidden": "true" }, String(at + 1))];
      return h("button", { type: "button", class: "plain", "data-rating": rating, "aria-label": label, "aria-keyshortcuts": String(at + 1), onclick: () => void this.rate(rating) }, ...parts);
    });
    const row = /** @type {HTMLElement} */ (this.place.querySelector(".ratings"));
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", t("cards.how-well"));
    row.replaceChildren(...buttons);
    buttons[RATINGS.indexOf("good")].focus({ preventScroll: true });
  }

  /** Say what is better aloud. @param {Card} card */
  async shadow({ back, language }) {
    const { shadow } = await import("../shadow/shadow.js");
    shadow({ text: back, language });
  }

  /** @param {Rating} rating */
  async rate(rating) {
    const [card] = this.due;
    if (!card || !this.shown || this.busy) return;
    this.busy = true;
    try {
      const reviewed = await reviewCard(card, rating, performance.now() - this.since);
      this.due.shift();
      this.last = card.id;
      this.say(t("cards.comes", { when: until(reviewed.due_at, Date.now()) }));
      if (this.due.length) this.show();
      else await this.begin(true);
      this.how.changed();
    } catch (error) {
      const { status } = /** @type {{ status?: number }} */ (error);
      if (status !== 412 && status !== 404) return this.say(t("cards.failed"));
      this.say(t("cards.elsewhere"));
      await this.begin(true);
    } finally {
      this.busy = false;
    }
  }

  async takeBack() {
    const id = this.last;
    if (!id || this.busy) return;
    this.busy = true;
    try {
      const card = await takeBack(id);
      this.due = [card, ...this.due.filter((other) => other.id !== id)];
      this.last = "";
      this.say(t("cards.taken-back"));
      this.show();
      this.how.changed();
    } catch {
      this.say(t("cards.failed"));
    } finally {
      this.busy = false;
    }
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
    this.back.hidden = !this.last;
  }

  nothing() {
    const next = this.how.next();
    const text = next ? t("cards.none-due.next", { when: until(next, Date.now()) }) : t("cards.none-due");
    return [h("div", { class: "panel" }, h("h2", {}, t("cards.none-due.title")), h("p", {}, text), h("p", { class: "actions" }, h("a", { class: "plain", href: hashOf(["practice"]) }, t("cards.practise"))))];
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { key, target, repeat } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || repeat || !this.due.length) return;
    const takes = target instanceof Element && target.closest(TAKES_KEYS);
    const rating = RATINGS[Number(key) - 1];
    if (rating && this.shown && (!takes || this.place.contains(takes))) {
      event.preventDefault();
      void this.rate(rating);
    } else if (key === " " && !takes) {
      event.preventDefault();
      if (this.shown) void this.rate("good");
      else this.reveal();
    }
  }
}
