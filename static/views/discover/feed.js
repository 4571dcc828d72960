/** Cards without end: they come in pages as one scrolls, and only those near what is seen are in the document. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";

/** How many are asked for at once, and how many come and go together: whole rows of one, two and three columns. */
const PAGE_OF = 96;
const BLOCK_OF = 6;

/** How far from what is seen they are drawn, and the next page is asked for. */
const NEAR = "900px 0px";

/**
 * @template T
 * @typedef {{ element: HTMLElement, items: T[], first: number, near: boolean, drawn: boolean }} Block
 */

/**
 * An empty block keeps its height: the style sheet knows it by the number of columns.
 * @template T
 */
export class Feed {
  /**
   * @param {string} label
   * @param {(cursor: string, limit: number) => Promise<{ items: T[], next: string | null }>} fetchPage
   * @param {(item: T) => HTMLElement} draw @param {(element: HTMLElement) => boolean} busy whether what is drawn must stay for now
   * @param {(error: unknown) => void} failed
   */
  constructor(label, fetchPage, draw, busy, failed) {
    this.fetchPage = fetchPage;
    this.draw = draw;
    this.busy = busy;
    this.failed = failed;
    /** @type {Block<T>[]} */
    this.blocks = [];
    /** @type {T[]} */
    this.items = [];
    /** @type {string | null} where the next page begins; null at the end */
    this.next = "";
    /** @type {Promise<void> | null} */
    this.fetching = null;
    this.frame = 0;
    this.closed = false;
    this.list = h("div", { class: "feed", role: "list", "aria-label": label });
    this.end = h("div", { class: "feed-end" });
    this.element = h("div", {}, this.list, this.end);
    this.seen = new IntersectionObserver((seen) => this.moved(seen), { rootMargin: NEAR });
    this.seen.observe(this.end);
  }

  close() {
    this.closed = true;
    this.seen.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /** The next page, once however often it is asked for. */
  fetchMore() {
    this.fetching ??= this.more().finally(() => (this.fetching = null));
    return this.fetching;
  }

  async more() {
    if (this.next === null) return;
    try {
      const { items, next } = await this.fetchPage(this.next, PAGE_OF);
      if (this.closed) return;
      this.add(items, next);
    } catch (error) {
      if (this.closed) return;
      this.failed(error);
      if (this.items.length) this.offerAgain();
    }
  }

  /** Where the next page would be. */
  offerAgain() {
    const again = h("button", { type: "button", class: "plain" }, t("again"));
    again.onclick = () => {
      this.end.replaceChildren();
      void this.fetchMore();
    };
    this.end.replaceChildren(again);
  }

  /** @param {T[]} items @param {string | null} next */
  add(items, next) {
    this.next = next;
    for (let at = 0; at < items.length; at += BLOCK_OF) {
      const element = h("div", { class: "block" });
      const block = { element, items: items.slice(at, at + BLOCK_OF), first: this.items.length + at, near: false, drawn: false };
      element.style.setProperty("--items", String(block.items.length));
      this.blocks.push(block);
      this.list.append(element);
      this.seen.observe(element);
    }
    this.items.push(...items);
    // It is told only of what changes, and a short page leaves the end where it was.
    this.seen.unobserve(this.end);
    if (next !== null) this.seen.observe(this.end);
  }

  /** @param {IntersectionObserverEntry[]} seen */
  moved(seen) {
    for (const { target, isIntersecting } of seen) {
      if (target === this.end) {
        if (isIntersecting) void this.fetchMore();
        continue;
      }
      const block = this.blocks.find(({ element }) => element === target);
      if (block) block.near = isIntersecting;
    }
    this.plan();
  }

  plan() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.settle());
  }

  /** One block in a frame, so that a frame stays short however far somebody jumps. */
  settle() {
    const gone = this.blocks.find((block) => block.drawn && !block.near && !this.busy(block.element));
    const come = this.blocks.find((block) => block.near && !block.drawn);
    if (gone) this.empty(gone);
    if (come) this.fill(come);
    if (gone || come) this.plan();
  }

  /** @param {Block<T>} block */
  fill(block) {
    block.drawn = true;
    block.element.append(
      ...block.items.map((item, at) => {
        const card = this.draw(item);
        card.setAttribute("role", "listitem");
        card.setAttribute("aria-posinset", String(block.first + at + 1));
        card.setAttribute("aria-setsize", this.next === null ? String(this.items.length) : "-1");
        return card;
      }),
    );
  }

  /** @param {Block<T>} block */
  empty(block) {
    block.drawn = false;
    block.element.replaceChildren();
  }
}
