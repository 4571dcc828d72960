/** What the server is told of what was heard, and how often. Pure. */

/** Milliseconds between two reports of one item; the server truncates an interrupted item by the last one. */
const REPORT_MS = 200;

export class PlaybackReports {
  constructor() {
    this.last = { item_id: "", played_ms: 0, playing: false };
  }

  /**
   * What to tell, or null if it is too soon or about nothing.
   * @param {import("./player.js").Report} report @param {boolean} paused
   */
  next({ event, itemId, playedMs, waits }, paused) {
    const { last } = this;
    const playing = (event === "position" || event === "started") && !paused && !waits;
    const due = last.item_id !== itemId || last.playing !== playing || playedMs - last.played_ms >= REPORT_MS;
    if (!itemId || (!due && event === "position")) return null;
    this.last = { item_id: itemId, played_ms: playedMs, playing };
    return this.last;
  }
}
