/** Keeps the screen on. */

export class WakeLock {
  constructor() {
    /** @type {WakeLockSentinel | null} */
    this.lock = null;
  }

  /** Browsers drop the lock whenever the page is hidden; ask again when it is back. */
  async request() {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch {
      // Low battery or no permission: the talk goes on, the screen may go dark.
    }
  }

  release() {
    void this.lock?.release();
  }
}
