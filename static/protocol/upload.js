/**
 * One file on its way to the server, by the tus protocol (https://tus.io), so that it goes on where a connection was cut.
 *
 * waiting ──▶ sending ⇄ interrupted ──too often──▶ failed ──again──▶ sending ──▶ done      `cancel()` ends it from any
 */
import { ask, credentials, serverAddress, ServerRefused } from "./api.js";

/** Pauses before each new attempt; after the last one the person decides. */
const BACKOFF_MS = [1000, 2000, 4000, 8000, 16_000];
const TUS = { "Tus-Resumable": "1.0.0" };
const BYTES = "application/offset+octet-stream";

/** @typedef {"waiting" | "sending" | "interrupted" | "failed" | "cancelled" | "done"} UploadState */

/** In base 64, whatever letters it has. @param {string} text */
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export class Upload {
  /** @param {File} file @param {"permanent" | "temporary"} area @param {() => void} changed */
  constructor(file, area, changed) {
    this.file = file;
    this.area = area;
    this.changed = changed;
    /** @type {UploadState} */
    this.state = "waiting";
    /** Bytes that have left. */
    this.sent = 0;
    /** Of the file it becomes; "" until the server knows of it. */
    this.id = "";
    /** Why it failed. @type {ServerRefused | null} */
    this.error = null;
    this.attempt = 0;
    this.timer = 0;
    /** @type {XMLHttpRequest | null} */
    this.request = null;
  }

  get over() {
    return ["failed", "cancelled", "done"].includes(this.state);
  }

  /** Begin, or go on where it was cut. It ends well or badly; `state` says how. */
  async send() {
    this.set("sending");
    try {
      if (!this.id) await this.create();
      else this.sent = Number((await this.ask("HEAD")).headers.get("Upload-Offset"));
      if (this.state !== "sending") return this.forget();
      if (this.sent < this.file.size) await this.sendFrom(this.sent);
      this.set("done");
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      await this.failed(error);
    }
  }

  cancel() {
    if (this.over && this.state !== "failed") return;
    this.set("cancelled");
    clearTimeout(this.timer);
    this.request?.abort();
    this.forget();
  }

  async create() {
    const { file, area } = this;
    const headers = { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${base64(file.name)},area ${base64(area)}` };
    const { headers: told } = await ask("api/files/tus", { method: "POST", headers: { ...TUS, ...headers } });
    this.id = told.get("Location")?.split("/").at(-1) ?? "";
  }

  /** @param {string} method */
  ask(method) {
    return ask(`api/files/tus/${encodeURIComponent(this.id)}`, { method, headers: TUS });
  }

  /** The rest of the bytes. What fetch sends, it does not tell of as it goes. @param {number} offset */
  sendFrom(offset) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("PATCH", serverAddress(`api/files/tus/${encodeURIComponent(this.id)}`));
      const headers = { ...TUS, ...credentials(), "Upload-Offset": String(offset), "Content-Type": BYTES };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => {
        this.sent = offset + loaded;
        this.changed();
      };
      request.onload = () => (request.status < 300 ? resolve(null) : reject(refusal(request)));
      request.onerror = request.onabort = () => reject(new ServerRefused(0));
      request.send(this.file.slice(offset));
    });
  }

  /** @param {ServerRefused} error */
  async failed(error) {
    if (this.state === "cancelled") return this.forget();
    const passing = error.status === 0 || error.status >= 500 || error.status === 409;
    const pause = passing ? BACKOFF_MS[this.attempt++] : undefined;
    if (pause === undefined) {
      this.error = error;
      this.attempt = 0;
      return this.set("failed");
    }
    this.set("interrupted");
    await new Promise((resolve) => (this.timer = setTimeout(resolve, pause)));
    await this.send();
  }

  /** The server need not keep what came of it. */
  forget() {
    if (this.id) void this.ask("DELETE").catch(() => {});
    this.id = "";
  }

  /** @param {UploadState} state */
  set(state) {
    this.state = state;
    this.changed();
  }
}

/** @param {XMLHttpRequest} request */
function refusal({ status, responseText }) {
  try {
    const { error } = JSON.parse(responseText);
    return new ServerRefused(status, error?.code, error?.details);
  } catch {
    return new ServerRefused(status);
  }
}
