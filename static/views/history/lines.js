/** What was said in a conversation that was kept: its lines come in pages, as one reads on. */
import { h, iconButton } from "../../components/dom.js";
import { marked } from "../../components/found.js";
import { t } from "../../i18n.js";
import { fetchLines } from "../../protocol/history.js";

/** @typedef {import("../../protocol/history.js").KeptLine} KeptLine */

export class Lines {
  /**
   * @param {import("../../protocol/history.js").Kept} kept
   * @param {{ wanted: string, play: ((line: KeptLine) => void) | null, failed: () => void }} how
   *   `wanted` is marked in them; `play` from a line on, if there is a recording
   */
  constructor(kept, { wanted, play, failed }) {
    this.kept = kept;
    this.wanted = wanted;
    this.play = play;
    this.failed = failed;
    /** @type {KeptLine[]} */
    this.all = [];
    /** @type {string | null} where the next page begins; null at the end */
    this.next = "";
    this.closing = new AbortController();
    /** @type {Promise<void> | null} */
    this.fetching = null;
    this.list = h("ol", { class: "transcript" });
    this.more = h("button", { type: "button", class: "plain", id: "more", onclick: () => void this.fetchMore() }, t("history.more-lines"));
    this.none = h("p", { class: "note", hidden: true }, t("history.no-lines"));
    this.element = h("div", { class: "lines" }, this.none, this.list, this.more);
    this.seen = new IntersectionObserver((seen) => seen.at(-1)?.isIntersecting && void this.fetchMore(), { rootMargin: "1200px" });
    this.seen.observe(this.more);
  }

  close() {
    this.closing.abort();
    this.seen.disconnect();
  }

  /** The next page, once however often it is asked for. */
  fetchMore() {
    this.fetching ??= this.fetchPage().finally(() => (this.fetching = null));
    return this.fetching;
  }

  async fetchPage() {
    const { signal } = this.closing;
    if (this.next === null) return;
    try {
      const { items, next } = await fetchLines(this.kept.id, { cursor: this.next }, signal);
      this.next = next;
      this.all.push(...items);
      this.list.append(...items.map((line) => this.row(line)));
    } catch {
      if (!signal.aborted) this.failed();
      return;
    }
    this.more.hidden = this.next === null;
    this.none.hidden = this.all.length > 0;
    this.seen.unobserve(this.more); // It is told only of what changes.
    this.seen.observe(this.more);
  }

  /** What was said since, where all else is shown: the last lines may be others by now, and new ones behind them. */
  async fetchNew() {
    if (this.next !== null) return;
    const { items, next } = await fetchLines(this.kept.id, { around: this.all.at(-1)?.id ?? "" }, this.closing.signal);
    this.next = next;
    for (const line of items) {
      const at = this.all.findIndex(({ id }) => id === line.id);
      if (at < 0) {
        this.all.push(line);
        this.list.append(this.row(line));
        this.none.hidden = true;
      } else if (JSON.stringify(this.all[at]) !== JSON.stringify(line)) {
        this.all[at] = line;
        this.rowOf(line.id)?.replaceWith(this.row(line));
      }
    }
  }

  /** Show a line, however far down it is. @param {string} id */
  async goTo(id) {
    while (!this.rowOf(id) && this.next !== null && !this.closing.signal.aborted) {
      const before = this.all.length;
      await this.fetchMore();
      if (this.all.length === before) return; // It cannot be had.
    }
    const row = this.rowOf(id);
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
  }

  /** @param {string} id @returns {HTMLElement | null} */
  rowOf(id) {
    return this.list.querySelector(`[data-item="${CSS.escape(id)}"]`);
  }

  /** Light the lines that sound at this moment. @param {number | null} ms of the recording; null for none */
  light(ms) {
    const lit = ms === null ? [] : this.all.filter((line) => sounds(line, ms)).map(({ id }) => this.rowOf(id));
    for (const row of this.list.querySelectorAll("[data-lit]")) if (!lit.includes(/** @type {HTMLElement} */ (row))) row.removeAttribute("data-lit");
    for (const row of lit) row?.setAttribute("data-lit", "");
  }

  /** @param {KeptLine} line */
  row(line) {
    const { play, wanted } = this;
    const canPlay = play && line.end_ms !== null;
    const row = h(
      "li",
      { "data-role": line.role === "user" ? "user" : "character", "data-item": line.id, tabindex: -1 },
      h("p", { class: "speaker", dir: "auto" }, line.role === "user" ? t("you") : this.kept.character.name),
      h("p", { class: "said", dir: "auto" }, ...heardAndUnheard(line, wanted)),
      canPlay && iconButton("play", t("history.listen"), { class: "round small", onclick: () => play(line) }),
    );
    if (canPlay) row.querySelector(".said")?.addEventListener("click", () => getSelection()?.isCollapsed && play(line));
    return row;
  }
}

/** @param {KeptLine} line @param {number} ms */
const sounds = ({ at_ms, end_ms }, ms) => end_ms !== null && at_ms <= ms && ms < end_ms;

/** What was heard, and struck through what an interruption left unheard. @param {KeptLine} line @param {string} wanted */
function heardAndUnheard({ said, heard, interrupted }, wanted) {
  if (!interrupted || heard === said || !said.startsWith(heard)) return marked(said, wanted);
  const rest = said.slice(heard.length).trimStart();
  const space = /\s$/.test(said.slice(0, said.length - rest.length)) ? " " : "";
  return [h("span", {}, ...marked(heard.trimEnd(), wanted)), space, h("span", { "data-mark": "unheard", title: t("history.interrupted") }, ...marked(rest, wanted))];
}
