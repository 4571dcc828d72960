/** What characters know of the person: all of it, to see, correct, delete and forbid. */
import { askFirst } from "../../components/confirm.js";
import { h } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { localized, t } from "../../i18n.js";
import { fetchFound } from "../../protocol/discover.js";
import { addFact, forgetAll, listFacts } from "../../protocol/memory.js";
import { hashOf, replaceAddress } from "../../router.js";
import { Choices } from "./choices.js";
import { factRow } from "./fact.js";
import "./texts.js";

/** How long nobody typed before it is searched. */
const TYPED_MS = 180;

/** The most letters of what is entered. */
const MOST = 120;

/** @typedef {import("../../protocol/memory.js").Fact} Fact */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const open = (root, page) => new Memory(root, page);

class Memory {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    const { query, rest } = page.address;
    this.wanted = { character: query.get("character") ?? "", q: query.get("q") ?? "" };
    /** One to show, as a link names it. */
    this.named = rest[0] ?? "";
    /** @type {string | null} where the next page begins; null at the end */
    this.next = "";
    this.shown = 0;
    this.timer = 0;
    this.asking = new AbortController();
    /** @type {Promise<void> | null} */
    this.fetching = null;
    this.field = h("input", { id: "search", type: "search", value: this.wanted.q, placeholder: t("memory.search"), "aria-label": t("memory.search") });
    this.field.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.want({ q: this.field.value.trim() }), TYPED_MS);
    };
    /** @type {Map<string, string>} of characters, by id; also of such that the first view does not show */
    this.names = new Map(page.characters.map(({ id, name }) => [id, localized(name)]));
    this.whose = this.chooser();
    this.choices = new Choices(this.wanted.character, (text) => this.say(text), (character) => this.nameOf(character));
    this.word = h("p", { class: "note", role: "status" });
    this.list = h("ul", { id: "facts", class: "rows", "aria-label": t("memory") });
    this.more = h("button", { type: "button", class: "plain", id: "more", hidden: true, onclick: () => void this.fetchMore() }, t("memory.more"));
    this.seen = new IntersectionObserver((seen) => seen.at(-1)?.isIntersecting && void this.fetchMore(), { rootMargin: "600px" });
    root.append(
      h(
        "section",
        { class: "view memory" },
        h("h1", {}, t("memory")),
        h("p", { class: "note" }, t("memory.text")),
        h("div", { class: "whose" }, this.whose, this.field),
        this.choices.element,
        this.adding(),
        this.word,
        this.list,
        this.more,
        this.end(),
      ),
    );
    void this.begin();
  }

  close() {
    clearTimeout(this.timer);
    this.asking.abort();
    this.seen.disconnect();
    this.choices.close();
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
  }

  /** @param {string} id */
  nameOf(id) {
    return this.names.get(id) ?? t("memory.somebody");
  }

  /** Learn the names of those whom something was told. @param {Fact[]} facts @param {AbortSignal} signal */
  async askNames(facts, signal) {
    const unknown = new Set(facts.flatMap(({ told_to }) => (told_to && !this.names.has(told_to) ? told_to : [])));
    const ask = async (/** @type {string} */ id) => {
      const name = await fetchFound(id, signal).then((found) => localized(found.name), () => t("memory.somebody"));
      if (signal.aborted) return;
      this.names.set(id, name);
      const option = [...this.whose.options].find(({ value }) => value === id) ?? this.whose.appendChild(h("option", { value: id }));
      option.textContent = name;
    };
    await Promise.all([...unknown].map(ask));
  }

  /** Whose knowledge is shown. */
  chooser() {
    const { character } = this.wanted;
    const ids = ["", ...new Set([...this.names.keys(), ...(character ? [character] : [])])];
    const select = h(
      "select",
      { id: "whose", "aria-label": t("memory.whose") },
      ...ids.map((id) => h("option", { value: id, selected: id === character }, id ? this.nameOf(id) : t("memory.everybody"))),
    );
    select.onchange = () => this.want({ character: select.value });
    return select;
  }

  /** @param {{ character?: string, q?: string }} changes */
  want(changes) {
    this.wanted = { ...this.wanted, ...changes };
    this.named = "";
    replaceAddress(hashOf(["memory"], this.wanted));
    if (changes.character !== undefined) this.choices.show(changes.character);
    void this.begin();
  }

  adding() {
    const text = h("input", { id: "fact", type: "text", maxlength: MOST, required: true, placeholder: t("memory.add.what"), "aria-label": t("memory.add.what"), dir: "auto", autocomplete: "off" });
    const form = h("form", { id: "add", class: "adding" }, text, h("button", { class: "plain" }, t("memory.add")));
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        this.put(await addFact(text.value.trim(), this.wanted.character));
        text.value = "";
        this.say(t("memory.added"));
      } catch (error) {
        this.say(reasonOf(error));
      }
    };
    return form;
  }

  /** What cannot be taken back. */
  end() {
    const button = h("button", { type: "button", id: "forget-all", class: "plain" }, t("memory.forget-all"));
    askFirst(button, { question: t("memory.forget-all.sure"), yes: t("memory.forget-all.yes"), no: t("memory.forget-all.no") }, () => {
      forgetAll(this.wanted.character).then(
        () => {
          showUndoBar(t("memory.forgotten-all"), null);
          void this.begin();
        },
        () => this.say(t("memory.failed")),
      );
    });
    return h("p", { class: "actions" }, button);
  }

  /** From the first page. What is shown stays until that is there. */
  async begin() {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const page = await listFacts(this.wanted, signal);
      await this.askNames(page.items, signal);
      if (signal.aborted) return;
      this.list.replaceChildren();
      this.shown = 0;
      this.add(page);
      const { q } = this.wanted;
      if (this.shown === 0 && !q) this.list.append(emptyMemory());
      this.say(!q ? "" : this.shown === 0 ? t("memory.none") : this.shown === 1 ? t("memory.found.one") : t("memory.found", { count: this.shown }));
      if (this.named) await this.goTo(this.named);
    } catch (error) {
      if (!signal.aborted) this.page.refused(error);
    }
  }

  /** The next page, once however often it is asked for. */
  fetchMore() {
    this.fetching ??= this.fetchPage().finally(() => (this.fetching = null));
    return this.fetching;
  }

  async fetchPage() {
    const { signal } = this.asking;
    if (!this.next) return;
    try {
      const page = await listFacts({ ...this.wanted, cursor: this.next }, signal);
      await this.askNames(page.items, signal);
      if (!signal.aborted) this.add(page);
    } catch {
      if (!signal.aborted) this.say(t("memory.failed"));
    }
  }

  /** @param {import("../../protocol/memory.js").Page<Fact>} page */
  add({ items, next }) {
    this.list.append(...items.map((fact) => this.row(fact)));
    this.shown += items.length;
    this.next = next;
    this.more.hidden = next === null;
    // It is told only of what changes, and a short page leaves the button where it was.
    this.seen.unobserve(this.more);
    if (next) this.seen.observe(this.more);
  }

  /** Show one, however far down it is. @param {string} id */
  async goTo(id) {
    const row = () => /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-fact="${CSS.escape(id)}"]`));
    for (let before = -1; !row() && this.next && this.shown > before; ) {
      before = this.shown;
      await this.fetchMore();
    }
    row()?.scrollIntoView({ block: "center" });
    row()?.focus({ preventScroll: true });
    if (!row()) this.say(t("memory.gone"));
  }

  /** A new one, on top. @param {Fact} fact */
  put(fact) {
    this.list.querySelector(".panel")?.parentElement?.remove();
    this.list.querySelector(`[data-fact="${CSS.escape(fact.id)}"]`)?.remove();
    this.list.prepend(this.row(fact));
  }

  /** @param {Fact} fact */
  row(fact) {
    return factRow(fact, {
      q: this.wanted.q,
      nameOf: (id) => this.nameOf(id),
      say: (text) => this.say(text),
      changed: () => void this.begin(),
    });
  }
}

const emptyMemory = () =>
  h(
    "li",
    {},
    h(
      "div",
      { class: "panel" },
      h("h2", {}, t("memory.empty.title")),
      h("p", {}, t("memory.empty.text")),
      h("p", { class: "actions" }, h("a", { class: "plain", href: hashOf([]) }, t("memory.empty.talk"))),
    ),
  );
