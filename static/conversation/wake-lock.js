/** Keeps the screen on. */

export class WakeLock {
  constructor() {
    /** @type {WakeLockSentinel | null} */
    this.lock = null;
    this.wanted = true;
  }

  /** Browsers drop the lock whenever the page is hidden; ask again when it is back. */
  async request() {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    if (this.lock && !this.lock.released) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch {
      // Low battery or no permission: the talk goes on, the screen may go dark.
    }
    if (!this.wanted) void this.lock?.release();
  }

  release() {
    this.wanted = false;
    void this.lock?.release();
  }
}
