/**
 * Keeps what is being written, without being asked: a while after the last change, and before it is left.
 *
 * kept ──changed──▶ changed ──after a pause──▶ keeping ──▶ kept · unkept ──after a while──▶ keeping
 *
 * One request at a time; what changes meanwhile is kept after it. A character that is new is begun with its first draft.
 * What the server did not take stays in this tab (`unsent.js`), for the next editor of the same character.
 */
import { beginCharacter, keepDraft, keepDraftAtLast } from "../../protocol/characters.js";
import { forgetUnsent, keepUnsent } from "./unsent.js";

const PAUSE_MS = 700;
const AGAIN_MS = 5000;

/** @typedef {"kept" | "changed" | "keeping" | "unkept"} Keeping */
/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */

export class DraftKeeper {
  /**
   * @param {string} id "" for one that the server does not know yet @param {string} over when that was changed last
   * @param {() => CharacterFile} draft as it is now
   * @param {{ changed: (state: Keeping, error: unknown) => void, begun: (made: import("../../protocol/characters.js").Made) => void }} told
   */
  constructor(id, over, draft, told) {
    this.id = id;
    this.over = over;
    this.draft = draft;
    this.told = told;
    /** @type {Keeping} */
    this.state = "kept";
    this.timer = 0;
    /** Why it is not kept, where it is not. @type {unknown} */
    this.error = null;
    /** How often something was written. */
    this.changes = 0;
    /** @type {Promise<void> | null} */
    this.keeping = null;
    this.closed = false;
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    addEventListener("pagehide", () => this.keepAtLast(), { signal });
    addEventListener("beforeunload", (event) => this.state === "unkept" && event.preventDefault(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && void this.flush(), { signal });
  }

  /** Something was written. */
  changed() {
    this.changes++;
    this.set("changed");
    this.later(PAUSE_MS);
  }

  /** @param {number} ms */
  later(ms) {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.timer = setTimeout(() => void this.flush(), ms);
  }

  /** Keep it now; whether it is kept then. */
  async flush() {
    clearTimeout(this.timer);
    while (this.state === "changed" || this.state === "unkept" || this.keeping) {
      this.keeping ??= this.keep().finally(() => (this.keeping = null));
      await this.keeping;
      if (this.state === "unkept") return false;
    }
    return true;
  }

  async keep() {
    this.set("keeping");
    const { id } = this;
    try {
      if (id) this.over = (await keepDraft(id, this.draft())).updated_at;
      else {
        const made = await beginCharacter(this.draft());
        this.id = made.id;
        this.over = made.updated_at;
        this.told.begun(made);
      }
      forgetUnsent(id);
      if (this.state === "keeping") this.set("kept");
    } catch (error) {
      this.keepHere();
      this.set("unkept", error);
      this.later(AGAIN_MS);
    }
  }

  keepAtLast() {
    if (this.state === "kept") return;
    this.keepHere();
    if (this.id) keepDraftAtLast(this.id, this.draft());
  }

  keepHere() {
    keepUnsent(this.id, { draft: this.draft(), over: this.over });
  }

  /** It became a version, or was given up for what another wrote: there is nothing to keep of it. @param {string} over */
  settled(over) {
    clearTimeout(this.timer);
    this.over = over;
    forgetUnsent(this.id);
    this.set("kept");
  }

  close() {
    this.closed = true;
    void this.flush().finally(() => this.leaving.abort());
  }

  /** @param {Keeping} state @param {unknown} [error] */
  set(state, error = null) {
    this.state = state;
    this.error = error;
    this.told.changed(state, error);
  }
}
