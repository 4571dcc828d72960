/** Conversations by day, the pinned ones first; or those in which something was said. */
import { applyAccent } from "../../components/accent.js";
import { dayName, lengthOf, timeOfDay } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { faceOf, UNKNOWN_ACCENT } from "../../components/portraits.js";
import { t } from "../../i18n.js";
import { listConversations } from "../../protocol/history.js";
import { hashOf, replaceAddress } from "../../router.js";
import { Everything } from "./everything.js";

/** How long nobody typed before it is searched. */
const TYPED_MS = 180;

/** @typedef {import("../../protocol/history.js").Kept} Kept */

/** Where the list was left, for whoever comes back to it. */
let left = { wanted: "", shown: 0, top: 0 };

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const list = (root, page) => new List(root, page);

class List {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    this.wanted = page.address.query.get("q") ?? "";
    /** @type {string | null} where the next page begins; null at the end */
    this.next = null;
    this.shown = 0;
    /** Where it was left, if this is the way back to it. */
    this.left = history.state?.seen && left.wanted === this.wanted ? left : { shown: 0, top: 0 };
    this.timer = 0;
    /** @type {Promise<void> | null} */
    this.fetching = null;
    /** What is being asked for; another search cancels it. */
    this.asking = new AbortController();
    this.field = h("input", { id: "search", type: "search", value: this.wanted, placeholder: t("history.search"), "aria-label": t("history.search") });
    this.field.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(this.field.value.trim()), TYPED_MS);
    };
    this.word = h("p", { class: "note", role: "status" });
    this.everything = new Everything();
    this.days = h("div", { id: "conversations" });
    this.more = h("button", { type: "button", class: "plain", id: "more", hidden: true, onclick: () => void this.fetchMore() }, t("history.more"));
    this.seen = new IntersectionObserver((seen) => seen.at(-1)?.isIntersecting && void this.fetchMore(), { rootMargin: "600px" });
    this.seen.observe(this.more);
    root.append(h("section", { class: "view history" }, h("h1", {}, t("history")), this.field, this.everything.element, this.word, this.days, this.more));
    void this.begin();
  }

  close() {
    left = { wanted: this.wanted, shown: this.shown, top: scrollY };
    clearTimeout(this.timer);
    this.asking.abort();
    this.everything.close();
    this.seen.disconnect();
  }

  /** @param {string} wanted */
  search(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    replaceAddress(hashOf(["history"], { q: wanted }));
    void this.begin();
  }

  /** From the first page. What is shown stays until that is there. */
  async begin() {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const { wanted } = this;
    const slow = setTimeout(() => (this.word.textContent = t("history.loading")), 600);
    try {
      const [pinned, page] = await Promise.all([
        wanted ? { items: [], next: null } : listConversations({ pinned: "true" }, signal),
        listConversations(wanted ? { q: wanted } : { pinned: "false" }, signal),
      ]);
      if (signal.aborted) return;
      this.days.replaceChildren();
      this.shown = 0;
      if (pinned.items.length) this.group("pinned", t("history.pinned")).append(...pinned.items.map((kept) => this.row(kept, true)));
      this.add(page);
      this.everything.element.hidden = pinned.items.length + page.items.length === 0 || wanted !== "";
      if (!wanted && pinned.items.length + page.items.length === 0) this.days.append(emptyHistory());
      this.word.textContent = wanted ? this.count(page.items.length) : "";
      await this.comeBack();
    } catch (error) {
      if (!signal.aborted) this.page.refused(error);
    } finally {
      clearTimeout(slow);
    }
  }

  /** To where it was left. */
  async comeBack() {
    const { shown, top } = this.left;
    this.left = { shown: 0, top: 0 };
    for (let known = -1; this.shown < shown && this.shown > known; ) {
      known = this.shown;
      await this.fetchMore();
    }
    if (top) scrollTo(0, top);
  }

  /** The next page, once however often it is asked for. */
  fetchMore() {
    this.fetching ??= this.fetchPage().finally(() => (this.fetching = null));
    return this.fetching;
  }

  async fetchPage() {
    const { signal } = this.asking;
    const cursor = this.next;
    if (!cursor) return;
    this.next = null;
    try {
      const page = await listConversations({ ...(this.wanted ? { q: this.wanted } : { pinned: "false" }), cursor }, signal);
      if (signal.aborted) return;
      this.add(page);
    } catch {
      if (signal.aborted) return;
      this.next = cursor;
      this.word.textContent = t("history.failed");
    }
  }

  /** @param {import("../../protocol/history.js").Page<Kept>} page */
  add({ items, next }) {
    for (const kept of items) {
      const date = new Date(kept.talked_at);
      this.group(date.toDateString(), dayName(date)).append(this.row(kept, false));
    }
    this.shown += items.length;
    this.next = next;
    this.more.hidden = next === null;
    if (!next) return;
    // It is told only of what changes, and a short page leaves the button where it was.
    this.seen.unobserve(this.more);
    this.seen.observe(this.more);
  }

  /** The list of a day. @param {string} key @param {string} name */
  group(key, name) {
    const known = this.days.querySelector(`[data-day="${key}"] ul`);
    if (known) return known;
    const rows = h("ul", { class: "rows" });
    this.days.append(h("section", { "data-day": key, "aria-label": name }, h("h2", {}, name), rows));
    return rows;
  }

  /** @param {Kept} kept @param {boolean} dated whether its day is not above it */
  row(kept, dated) {
    const { character } = kept;
    const [hit] = kept.hits;
    const known = this.page.characters.find(({ id }) => id === character.id);
    const date = new Date(kept.talked_at);
    const length = kept.ended_at ? lengthOf(kept.length_ms) : t("history.goes-on");
    const when = dated ? `${dayName(date)}, ${timeOfDay(date)}` : timeOfDay(date);
    const said = hit ? hit.excerpt.map(({ text, marked }) => (marked ? h("mark", {}, text) : text)) : [kept.preview];
    const link = h(
      "a",
      { href: hashOf(["history", kept.id, ...(hit ? [hit.line_id] : [])], { q: hit ? this.wanted : "" }), "data-conversation": kept.id },
      h("span", { class: "face", html: faceOf(known ?? { portrait: character.id, accent: UNKNOWN_ACCENT }) }),
      h(
        "span",
        { class: "words" },
        h("span", { class: "name", dir: "auto" }, kept.title || character.name),
        h("span", { class: "line", dir: "auto" }, ...said),
        h("span", { class: "tongues" }, [kept.title && character.name, when, length].filter(Boolean).join(" · ")),
      ),
      kept.recorded && h("span", { class: "sounds", role: "img", "aria-label": t("history.recorded"), title: t("history.recorded"), html: icon("sound") }),
    );
    if (known) applyAccent(link, known.accent);
    return h("li", {}, link);
  }

  /** How many were found, as it is read out. @param {number} count */
  count(count) {
    if (count === 0) return t("history.none");
    if (this.next) return t("history.found.more", { count });
    return count === 1 ? t("history.found.one") : t("history.found", { count });
  }
}

const emptyHistory = () =>
  h(
    "div",
    { class: "panel" },
    h("h2", {}, t("history.empty.title")),
    h("p", {}, t("history.empty.text")),
    h("p", { class: "actions" }, h("a", { class: "plain", href: hashOf([]) }, t("history.empty.talk"))),
  );
