/**
 * One talk: microphone, socket, player and conversation, tied together. No page: views look at `state`,
 * `conversation`, `level()` and `heardMs()`, and are told of changes.
 *
 * asking ──▶ connecting ──▶ live ⇄ reconnecting ──▶ gone            live is the conversation's own phase
 *    └─▶ refused · no-microphone · insecure ──type instead──▶ connecting                any ──▶ ended
 * A server that takes nobody in is asked for a place in its line: waiting ──▶ connecting.
 */
import { askForPlace, realtimeAddress, ServerRefused } from "../protocol/api.js";
import { MicrophoneUnavailable, Microphone, openMicrophone } from "../audio/devices.js";
import { Player } from "../audio/player.js";
import { Recordings } from "../audio/recordings.js";
import { EMPTY, phase, reduce } from "./conversation.js";
import { effects } from "./effects.js";
import { history } from "./heard-text.js";
import { serverKey, preferences } from "../preferences.js";
import { Realtime } from "../protocol/realtime.js";
import { sessionUpdate } from "../protocol/session-update.js";

const GRACE_MS = 120; // how long a voice over the reply is given the benefit of the doubt before the reply is dropped
const SLOW_MS = 3000;
const INTERRUPTED_MS = 700;
const REPORT_MS = 200; // how often the server is told what was heard; it cuts its memory by it
const INFO_NOTICE_MS = 8000; // how long a notice that asks for nothing stays
const MICROPHONE_PROBLEMS = new Set(["refused", "no-microphone", "insecure"]);

/** @typedef {import("./conversation.js").Event} Event */
/** @typedef {import("./effects.js").Effect} Effect */
/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("../audio/player.js").Report} Report */
/** @typedef {"asking" | "refused" | "no-microphone" | "insecure" | "connecting" | "waiting" | "live" | "reconnecting" | "gone" | "ended"} Condition */

export class Call {
  /**
   * @param {import("../protocol/api.js").Character} character
   * @param {string} language spoken
   * @param {import("./conversation.js").Conversation} [conversation] to go on with
   */
  constructor(character, language, conversation = EMPTY) {
    this.character = character;
    this.language = language;
    this.conversation = conversation;
    /** @type {Condition} */
    this.condition = "asking";
    /** Why the microphone or the server is not there, in one word. */
    this.reason = "";
    /** The attempt to reconnect: the how many-th, and when it is due. */
    this.attempt = 0;
    this.retryAt = 0;
    /** The place in the line before a full server: what holds it, how many are before us, and whether our turn has come. */
    this.ticket = "";
    this.aheadOfUs = 0;
    this.entering = false;
    this.muted = false;
    /** A line typed before the session was there. */
    this.unsentLine = "";
    this.configured = false;
    this.greeted = conversation.lines.length > 0;
    this.recordings = new Recordings();
    this.reported = { itemId: "", playedMs: 0, playing: false };
    this.onchange = () => {};
    /** @type {Microphone | null} */
    this.microphone = null;
    /** @type {Player | null} */
    this.player = null;
    /** Whether everything that can sound is there, so that the character may speak first. */
    this.ready = false;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {WakeLockSentinel | null} */
    this.wakeLock = null;
    this.timers = { slow: 0, settle: 0, notice: 0, place: 0 };
    this.realtime = this.socket();
    this.lifetime = new AbortController();
  }

  /** What the page shows, in one word. */
  get state() {
    return this.condition === "live" ? phase(this.conversation) : this.condition;
  }

  /** Begin. @param {AudioContext} context made in a press, which is what lets the page make sound */
  async start(context) {
    this.context = context;
    this.watchBrowser();
    this.realtime.connect();
    const sounding = this.openPlayer(context);
    await this.openMicrophone();
    await sounding;
    this.ready = true;
    this.proceed();
  }

  /** Ask for the microphone (again). */
  async openMicrophone() {
    this.setCondition("asking");
    try {
      const stream = await openMicrophone(preferences.microphone);
      await this.listenTo(stream);
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      if (this.condition !== "asking") return;
      this.reason = error.problem;
      return this.setCondition(error.problem === "busy" ? "no-microphone" : error.problem);
    }
    if (this.condition !== "asking") return; // The server went away meanwhile, or the person did.
    this.reason = "";
    this.setCondition("connecting");
    this.proceed();
  }

  /** Go on without a microphone. */
  typeInstead() {
    this.muted = true;
    this.setCondition("connecting");
    this.proceed();
  }

  /** Whether a typed line reaches the server, now or in a moment. */
  get reachable() {
    return !["waiting", "reconnecting", "gone", "ended"].includes(this.condition);
  }

  /** Send a typed line; what the character is saying is cut off. @param {string} text */
  async say(text) {
    if (MICROPHONE_PROBLEMS.has(this.condition)) {
      this.greeted = true;
      this.typeInstead();
    }
    if (!this.configured || !this.ready) {
      this.unsentLine = text;
      return;
    }
    await this.interrupt();
    const id = `item_${crypto.getRandomValues(new Uint32Array(4)).join("")}`.slice(0, 32);
    this.realtime.send({
      type: "conversation.item.create",
      item: { id, type: "message", role: "user", content: [{ type: "input_text", text }] },
    });
    this.realtime.send({ type: "response.create" });
    this.dispatch({ type: "page.typed", item_id: id, text });
  }

  /** Make the character stop, whether it is thinking or speaking. */
  async interrupt() {
    const writing = this.conversation.responseId || this.conversation.awaited;
    if (writing) this.realtime.send({ type: "response.cancel" });
    this.dispatch({ type: "page.stopped" });
    if (this.player?.busy) await this.player.flush();
  }

  /** Whether the microphone can be heard. */
  get listening() {
    return this.microphone !== null && !this.muted;
  }

  /** Turn the microphone off, or on; that may mean to ask for it. */
  async toggleMicrophone() {
    this.muted = this.listening;
    if (!this.microphone) return this.openMicrophone();
    this.microphone.setMuted(this.muted);
    this.onchange();
  }

  /** Forget what was said and begin again with the same character. */
  async restart() {
    clearTimeout(this.timers.place);
    this.realtime.close();
    if (this.player?.busy) await this.player.flush();
    this.conversation = EMPTY;
    this.greeted = false;
    this.configured = false;
    this.recordings = new Recordings();
    this.realtime = this.socket();
    if (!MICROPHONE_PROBLEMS.has(this.condition)) this.setCondition("connecting");
    this.realtime.connect();
  }

  /** Hang up; what was said stays. */
  end() {
    if (this.condition === "ended") return;
    this.lifetime.abort();
    const at = this.player?.position();
    this.reportPlayback({ event: "flushed", itemId: at?.itemId ?? "", playedMs: Math.round(at?.playedMs ?? 0), totalMs: at?.totalMs ?? 0 });
    this.realtime.close();
    this.microphone?.close();
    this.player?.close();
    void this.context?.close();
    void this.wakeLock?.release();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.dispatch({ type: "page.disconnected" });
    this.setCondition("ended");
  }

  /** Loudness, 0 to 1, of the two sides now. */
  level() {
    return { user: this.muted ? 0 : (this.microphone?.level ?? 0), character: this.player?.level() ?? 0 };
  }

  /** Whether there is something to stop. */
  get busy() {
    return ["thinking", "speaking", "paused"].includes(this.state);
  }

  /** How far a line was heard, in milliseconds; Infinity for all of it. @param {Line} line */
  heardMs(line) {
    if (line.over || !line.hasAudio || !this.player) return line.cutMs ?? Infinity;
    const at = this.player.position();
    return at?.itemId === line.id ? at.playedMs : 0;
  }

  /** Tell the server how to listen and speak; also after a setting changed. */
  configure() {
    this.realtime.send(sessionUpdate(this.language, preferences));
  }

  /** Take over a changed volume or speaker. */
  async useSpeaker() {
    this.player?.setVolume(preferences.volume);
    const context = /** @type {any} */ (this.context);
    if (!context?.setSinkId || context.sinkId === preferences.speaker) return;
    await context.setSinkId(preferences.speaker).catch(() => {}); // A speaker that is gone: the default one goes on.
  }

  // --- Audio ---------------------------------------------------------------------------------------------------------

  /** @param {AudioContext} context */
  async openPlayer(context) {
    // Phones pause the context for a call and for changed headphones.
    context.onstatechange = () => context.state !== "closed" && context.state !== "running" && void context.resume();
    void context.resume();
    const player = new Player(context, (report) => this.reportPlayback(report));
    try {
      await player.open();
    } catch (error) {
      console.error(error);
      return this.dispatch({ type: "kaikou.notice", code: "no_sound", level: "error", message: "" });
    }
    this.player = player;
    await this.useSpeaker();
  }

  /** @param {MediaStream} stream */
  async listenTo(stream) {
    const context = /** @type {AudioContext} */ (this.context);
    if (context.state === "closed") return stream.getTracks().forEach((track) => track.stop());
    const microphone = new Microphone(context, stream, (pcm) => this.sendMicrophone(pcm));
    await microphone.open();
    this.microphone?.close();
    this.microphone = microphone;
    microphone.setMuted(this.muted);
    microphone.onended = () => void this.changeMicrophone();
  }

  /** Another microphone was chosen, or this one was unplugged; the talk goes on meanwhile. */
  async changeMicrophone() {
    try {
      await this.listenTo(await openMicrophone(preferences.microphone));
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      this.microphone = null;
      this.muted = true;
      this.dispatch({ type: "kaikou.notice", code: "microphone_lost", level: "warning", message: "" });
    }
    this.onchange();
  }

  /** @param {ArrayBuffer} pcm */
  sendMicrophone(pcm) {
    if (!this.configured) return;
    this.recordings.addMicrophone(pcm);
    this.realtime.sendAudio(pcm);
  }

  /** @param {Report} report */
  reportPlayback({ event, itemId, playedMs, totalMs }) {
    const playing = (event === "position" || event === "started") && !this.player?.paused;
    const { reported } = this;
    const due = reported.itemId !== itemId || reported.playing !== playing || playedMs - reported.playedMs >= REPORT_MS;
    if (itemId && (due || event !== "position")) {
      this.reported = { itemId, playedMs, playing };
      const last_event_id = this.realtime.lastEventId || undefined;
      this.realtime.send({ type: "kaikou.playback", item_id: itemId, played_ms: playedMs, playing, last_event_id });
    }
    if (event !== "position") this.dispatch({ type: "page.playback", event, item_id: itemId, played_ms: playedMs, total_ms: totalMs });
  }

  // --- The session ---------------------------------------------------------------------------------------------------

  socket() {
    return new Realtime(() => realtimeAddress(this.character.id, this.ticket), serverKey.value, {
      event: (event) => this.dispatch(event),
      opened: (anew) => this.opened(anew),
      resumed: (receivedSamples) => {
        this.entering = false;
        this.realtime.catchUp(this.recordings.microphoneSince(receivedSamples));
        this.setCondition("connecting");
        this.proceed();
      },
      lost: (attempt, delayMs) => {
        this.attempt = attempt;
        this.retryAt = performance.now() + delayMs;
        this.setCondition("reconnecting");
      },
      gone: () => void this.waitInLine(),
      ended: () => {
        this.dispatch({ type: "page.disconnected" });
        this.giveUp("over");
      },
      takenOver: () => this.giveUp("elsewhere"),
      refused: (reason) => void (reason === "key" ? this.giveUp(reason) : this.waitInLine()),
    });
  }

  /** A session began. @param {boolean} anew in place of one that was lost; what the player holds of that is still heard */
  opened(anew) {
    this.ticket = "";
    this.entering = false;
    this.configured = false;
    if (anew) {
      this.dispatch({ type: "page.disconnected" });
      this.dispatch({ type: "kaikou.notice", code: "connection_lost", level: "info", message: "" });
      this.setCondition("connecting");
    }
    this.recordings.beginSession();
    this.configure();
    for (const item of history(this.conversation)) this.realtime.send({ type: "conversation.item.create", item });
  }

  /** The server let us not in, and a browser hides why: ask for a place, and come when it is our turn. */
  async waitInLine() {
    if (this.entering) return this.giveUp("unreachable");
    let turn;
    try {
      turn = await askForPlace(this.ticket);
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      if (error.status === 401 || error.status === 403) return this.giveUp("key");
      return this.giveUp(error.status === 503 || error.status === 429 ? "full" : "unreachable");
    }
    if (this.condition === "gone" || this.condition === "ended") return; // The person did not want to wait.
    this.ticket = turn.ticket;
    this.aheadOfUs = turn.before;
    this.entering = turn.enter;
    if (turn.enter) return this.connect();
    this.timers.place = setTimeout(() => void this.waitInLine(), 1000 * Math.max(1, turn.ask_again_s));
    this.setCondition("waiting");
  }

  /** No more by itself; the person may try again. @param {string} reason */
  giveUp(reason) {
    clearTimeout(this.timers.place);
    this.entering = false;
    this.reason = reason;
    this.setCondition("gone");
  }

  /** Try again at once after the server was gone. */
  retry() {
    this.realtime.key = serverKey.value;
    this.connect();
  }

  connect() {
    this.realtime.attempt = 0;
    this.setCondition("connecting");
    this.realtime.connect();
  }

  /** Once everything is there: the character speaks first. */
  proceed() {
    if (!this.configured || !this.ready || this.condition === "asking" || MICROPHONE_PROBLEMS.has(this.condition)) return;
    const text = this.unsentLine;
    this.unsentLine = "";
    if (!this.greeted && !text) {
      this.realtime.send({ type: "kaikou.greet" });
      this.dispatch({ type: "page.greeted" });
    }
    this.greeted = true;
    this.setCondition("live");
    if (text) void this.say(text);
  }

  // --- Events --------------------------------------------------------------------------------------------------------

  /** @param {Event} event */
  dispatch(event) {
    const before = this.state;
    const wanted = effects(this.conversation, event);
    this.conversation = reduce(this.conversation, event);
    this.followSession(event);
    for (const effect of wanted) this.perform(effect);
    if (this.state !== before) this.stateChanged(this.state);
    this.onchange();
  }

  /** What an event means beyond the conversation. @param {Event} event */
  followSession(event) {
    if (event.type === "session.updated" && !this.configured) {
      this.configured = true;
      this.proceed();
    } else if (event.type === "input_audio_buffer.speech_started") {
      this.speechStartMs = event.audio_start_ms;
    } else if (event.type === "input_audio_buffer.speech_stopped") {
      this.recordings.keepUtterance(event.item_id, this.speechStartMs ?? event.audio_end_ms, event.audio_end_ms);
    } else if (event.type === "kaikou.notice" && event.level === "info") {
      clearTimeout(this.timers.notice);
      this.timers.notice = setTimeout(() => this.dispatch({ type: "page.notice_dismissed" }), INFO_NOTICE_MS);
    }
  }

  /** @param {Effect} effect */
  perform(effect) {
    switch (effect.do) {
      case "play":
        return this.play(effect.itemId, effect.audio);
      case "end":
        return this.player ? this.player.end(effect.itemId) : this.unplayed(effect.itemId);
      case "pause":
        return this.player?.pause();
      case "resume":
        return this.player?.resume();
      case "flush":
        return void this.player?.flush();
      case "hold": {
        this.player?.pause();
        const item_id = this.conversation.pausedByPage;
        return void setTimeout(() => this.dispatch({ type: "page.grace_over", item_id }), GRACE_MS);
      }
      case "truncate":
        this.realtime.send({
          type: "conversation.item.truncate",
          item_id: effect.itemId,
          content_index: 0,
          audio_end_ms: effect.playedMs,
        });
    }
  }

  /** Without a player an item is over when it is complete. @param {string} itemId */
  unplayed(itemId) {
    this.dispatch({ type: "page.playback", event: "ended", item_id: itemId, played_ms: 0, total_ms: 0 });
  }

  /** @param {string} itemId @param {string} audio base64 */
  play(itemId, audio) {
    const pcm = Uint8Array.from(atob(audio), (letter) => letter.charCodeAt(0)).buffer;
    this.recordings.add(itemId, pcm.slice(0));
    this.player?.push(itemId, pcm);
  }

  /** @param {string} state */
  stateChanged(state) {
    clearTimeout(this.timers.slow);
    if (state === "thinking") this.timers.slow = setTimeout(() => this.dispatch({ type: "page.slow" }), SLOW_MS);
    if (state === "interrupted") this.timers.settle = setTimeout(() => this.dispatch({ type: "page.settled" }), INTERRUPTED_MS);
  }

  /** @param {Condition} condition */
  setCondition(condition) {
    if (this.condition === "ended") return;
    const before = this.state;
    this.condition = condition;
    if (this.state !== before) this.stateChanged(this.state);
    this.onchange();
  }

  /** Follow what happens around the page until the end. */
  watchBrowser() {
    const { signal } = this.lifetime;
    document.addEventListener("visibilitychange", () => void this.keepScreenOn(), { signal });
    addEventListener("pointerdown", () => void this.context?.resume(), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.onchange(), { signal });
    void this.keepScreenOn();
  }

  /** Keep the screen on; browsers drop the lock whenever the page is hidden. */
  async keepScreenOn() {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    if (this.context?.state !== "running") void this.context?.resume();
    try {
      this.wakeLock = await navigator.wakeLock.request("screen");
    } catch {
      // Low battery or no permission: the talk goes on, the screen may go dark.
    }
  }
}
