/**
 * One talk: sound, socket and conversation, tied together. No page: views look at `state`,
 * `conversation`, `audio` and `heardMs()`, and are told of changes.
 *
 * connection:  connecting ──▶ live ⇄ reconnecting ──▶ gone          live is the conversation's own phase
 * access:      asking ──▶ refused · no-microphone · busy · insecure ──again · type instead──▶ ""
 * Each goes its own way, for either may be lost at any time. The talk is live once there is access, or none is wanted; a
 * server that takes nobody in is asked for a place in its line: waiting ──▶ connecting. `end()` is the end of both.
 */
import { CallAudio } from "../audio/call-audio.js";
import { MicrophoneUnavailable } from "../audio/microphone.js";
import { PlaybackReports } from "../audio/playback-reports.js";
import { Recordings } from "../audio/recordings.js";
import { preferences, serverKey } from "../preferences.js";
import { realtimeAddress } from "../protocol/api.js";
import { Realtime } from "../protocol/realtime.js";
import { sessionUpdate } from "../protocol/session-update.js";
import { WaitingLine } from "../protocol/waiting-line.js";
import { EMPTY, phase, reduce } from "./conversation.js";
import { effects } from "./effects.js";
import { history } from "./heard-text.js";
import { Surroundings } from "./surroundings.js";

const GRACE_MS = 120; // how long speech over the reply may still be noise before the reply is dropped
const SLOW_MS = 3000;
const INTERRUPTED_MS = 700;
const LOST_PAUSE_S = 2; // longer than the longest pause that the server waits for (1.6 s)
const INFO_NOTICE_MS = 8000; // how long a notice that asks for nothing stays

/** @typedef {import("./conversation.js").Event} Event */
/** @typedef {import("./effects.js").Effect} Effect */
/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("../audio/player.js").Report} Report */
/** @typedef {{ patience?: "patient" | "normal" | "quick", speed?: number }} Manner of this talk, where it is another than the person's usual one */
/** @typedef {{ id: string, kind: "interview" | "language", language: string, subtitles: boolean, hints: boolean, manner: Manner }} Practised what is practised in a talk */
/** @typedef {"connecting" | "waiting" | "live" | "reconnecting" | "gone"} Connection to the server */
/** @typedef {"" | "asking" | import("../audio/microphone.js").MicrophoneProblem} Access to the microphone; "" where it is there or not wanted */

export class Call {
  /**
   * @param {import("../protocol/api.js").Character} character
   * @param {string} language spoken
   * @param {import("./conversation.js").Conversation} [conversation] to go on with
   * @param {string} [continued] its id, where the server keeps it
   * @param {Practised | null} [practice]
   */
  constructor(character, language, conversation = EMPTY, continued = "", practice = null) {
    this.character = character;
    this.language = language;
    this.conversation = conversation;
    this.continued = continued;
    this.practice = practice;
    /** @type {Manner} */
    this.manner = { ...practice?.manner };
    /** Whether the server could not go on with what it keeps. */
    this.cannotContinue = false;
    /** @type {Connection} */
    this.connection = "connecting";
    /** @type {Access} */
    this.access = "asking";
    this.ended = false;
    /** Why the server is not there, in one word. */
    this.reason = "";
    /** The attempt to reconnect: the how many-th, and when it is due. */
    this.attempt = 0;
    this.retryAt = 0;
    /** A line typed before the session was there. */
    this.unsentLine = "";
    this.configured = false;
    this.greeted = conversation.lines.length > 0 || continued !== "";
    this.recordings = new Recordings();
    this.playbackReports = new PlaybackReports();
    this.onchange = () => {};
    this.audio = new CallAudio({
      frame: (pcm) => this.sendMicrophone(pcm),
      played: (report) => this.reportPlayback(report),
      changed: () => this.microphoneChanged(),
      microphoneLost: () => this.microphoneLost(),
      microphoneReplaced: (name) => this.dispatch({ type: "kaikou.notice", code: "microphone_replaced", level: "info", message: name }),
      noSound: () => this.dispatch({ type: "kaikou.notice", code: "no_sound", level: "error", message: "" }),
    });
    /** Whether everything that can sound is there, so that the character may speak first. */
    this.ready = false;
    this.surroundings = new Surroundings(this.audio, {
      soundHeld: () => this.dispatch({ type: "kaikou.notice", code: "sound_held", level: "warning", message: "" }),
      soundBack: () => this.dismissNotice("sound_held"),
    });
    this.timers = { slow: 0, settle: 0, notice: 0 };
    this.waitingLine = new WaitingLine({
      waiting: () => this.set({ connection: "waiting" }),
      enter: () => this.connect(),
      refused: (reason) => this.giveUp(reason),
    });
    this.realtime = this.socket();
  }

  /** What the page shows, in one word. Without a connection the microphone does not matter. */
  get state() {
    if (this.ended) return "ended";
    if (!this.reachable) return this.connection;
    if (this.access) return this.access === "busy" ? "no-microphone" : this.access;
    return this.connection === "live" ? phase(this.conversation) : this.connection;
  }

  /** Begin. @param {AudioContext} context made in a press, which is what lets the page make sound */
  async start(context) {
    const playerOpened = this.audio.openPlayer(context);
    this.surroundings.watch(context);
    this.realtime.connect();
    await this.openMicrophone();
    await playerOpened;
    this.ready = true;
    this.proceed();
  }

  /** Ask for the microphone (again). */
  async openMicrophone() {
    this.set({ access: "asking" });
    try {
      await this.audio.openMicrophone();
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      return this.set({ access: error.problem });
    }
    this.set({ access: "" });
    this.microphoneChanged();
    this.proceed();
  }

  /** Whether the person is waited for and nothing comes from their microphone. */
  get microphoneSilent() {
    return this.reachable && this.connection === "live" && !this.access && this.audio.silent;
  }

  /** Go on without a microphone. */
  typeInstead() {
    this.audio.setMuted(true);
    this.set({ access: "" });
    this.proceed();
  }

  /** Whether a typed line reaches the server, now or in a moment. */
  get reachable() {
    return !this.ended && (this.connection === "connecting" || this.connection === "live");
  }

  /** Send a typed line; what the character is saying is cut off. @param {string} text */
  async say(text) {
    if (this.access && this.access !== "asking") {
      this.greeted = true;
      this.typeInstead();
    }
    if (!this.configured || !this.ready) {
      this.unsentLine = text;
      return;
    }
    await this.interrupt();
    if (!this.configured) return; // The person began again meanwhile.
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
    if (this.audio.player?.busy) await this.audio.player.flush();
  }

  /** Turn the microphone off, or on; that may mean to ask for it. */
  async toggleMicrophone() {
    this.audio.setMuted(this.audio.listening);
    if (!this.audio.microphone) return this.openMicrophone();
    this.onchange();
  }

  /** Forget what was said and begin again with the same character. */
  async restart() {
    const { realtime } = this;
    this.waitingLine.leave();
    this.configured = false;
    realtime.close();
    if (this.audio.player?.busy) await this.audio.player.flush();
    if (this.ended || this.realtime !== realtime) return; // Pressed twice, or hung up meanwhile.
    this.conversation = EMPTY;
    this.continued = "";
    this.greeted = false;
    this.recordings = new Recordings();
    this.realtime = this.socket();
    this.connect();
  }

  /** Hang up; what was said stays. */
  end() {
    if (this.ended) return;
    const at = this.audio.player?.position();
    this.reportPlayback({ event: "flushed", itemId: at?.itemId ?? "", playedMs: Math.round(at?.playedMs ?? 0), totalMs: at?.totalMs ?? 0 });
    this.realtime.close();
    this.waitingLine.leave();
    this.audio.close();
    this.surroundings.close();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.dispatch({ type: "page.disconnected" });
    this.set({ ended: true });
  }

  /** Whether there is something to stop. */
  get busy() {
    return ["thinking", "speaking", "paused"].includes(this.state);
  }

  /** How far a line was heard, in milliseconds; Infinity for all of it. @param {Line} line */
  heardMs(line) {
    if (line.over || !line.hasAudio || !this.audio.player) return line.cutMs ?? Infinity;
    const at = this.audio.player.position();
    return at?.itemId === line.id ? at.playedMs : 0;
  }

  /** Tell the server how to listen and speak; also after a setting changed. @param {Manner} [changes] to how this talk is */
  configure(changes = {}) {
    Object.assign(this.manner, changes);
    this.update(this.character.draft ? { draft: this.character.id } : {});
  }

  /** @param {{ draft?: string, practice?: string }} begun what the session is begun with */
  update(begun) {
    this.realtime.send(sessionUpdate(this.language, { ...preferences, ...this.manner }, this.conversation.keeping?.recording ?? false, begun));
  }

  // --- Sound ---------------------------------------------------------------------------------------------------------

  /** @param {ArrayBuffer} pcm */
  sendMicrophone(pcm) {
    if (!this.configured) return;
    this.recordings.addMicrophone(pcm);
    this.realtime.sendAudio(pcm);
  }

  /** @param {Report} report */
  reportPlayback(report) {
    const told = this.playbackReports.next(report, this.audio.player?.paused ?? false);
    if (told) this.realtime.send({ type: "kaikou.playback", ...told, last_event_id: this.realtime.lastEventId || undefined });
    const { event, itemId, playedMs, totalMs } = report;
    if (event !== "position") this.dispatch({ type: "page.playback", event, item_id: itemId, played_ms: playedMs, total_ms: totalMs });
  }

  /** What was being said is over: the server counts time in samples, and gets a pause that ends every turn. */
  microphoneLost() {
    for (let second = 0; second < LOST_PAUSE_S; second++) this.sendMicrophone(new ArrayBuffer(32000));
    this.dispatch({ type: "kaikou.notice", code: "microphone_lost", level: "warning", message: "" });
  }

  microphoneChanged() {
    if (this.audio.microphone) this.dismissNotice("microphone_lost");
    this.onchange();
  }

  // --- The session ---------------------------------------------------------------------------------------------------

  socket() {
    return new Realtime(() => realtimeAddress(this.character.id, this.waitingLine.ticket, this.continued), serverKey.encoded, {
      event: (event) => this.dispatch(event),
      opened: (anew, character) => this.opened(anew, character),
      resumed: (receivedSamples) => {
        this.waitingLine.entered();
        this.realtime.catchUp(this.recordings.microphoneSince(receivedSamples));
        this.set({ connection: "connecting" });
        this.proceed();
      },
      lost: (attempt, delayMs) => {
        this.attempt = attempt;
        this.retryAt = performance.now() + delayMs;
        this.set({ connection: "reconnecting" });
      },
      gone: () => void this.waitingLine.ask(),
      ended: () => {
        this.dispatch({ type: "page.disconnected" });
        this.giveUp("over");
      },
      takenOver: () => this.giveUp("elsewhere"),
      // A browser hides why: ask for a place.
      refused: (reason) => this.refused(reason),
    });
  }

  /** @param {import("../protocol/realtime.js").Refusal} reason a browser may hide it: ask for a place */
  refused(reason) {
    if (this.cannotContinue) {
      this.cannotContinue = false;
      this.connect();
    } else if (reason === "key" || reason === "log-in") this.giveUp(reason);
    else void this.waitingLine.ask(reason);
  }

  /**
   * A session began.
   * @param {boolean} anew in place of one that was lost; what the player holds of that is still heard
   * @param {string} character whom the server has it with, which for one that is not there is its usual one
   */
  opened(anew, character) {
    this.waitingLine.entered();
    if (character && character !== this.character.id && !this.character.draft) {
      this.realtime.close();
      return this.giveUp("no-character");
    }
    this.configured = false;
    if (anew) {
      this.dispatch({ type: "page.disconnected" });
      this.dispatch({ type: "kaikou.notice", code: "connection_lost", level: "info", message: "" });
      this.set({ connection: "connecting" });
    }
    this.recordings.beginSession();
    this.update({ ...(this.character.draft && { draft: this.character.id }), practice: this.practice?.id });
    if (this.continued) return; // The server knows what was said.
    for (const item of history(this.conversation)) this.realtime.send({ type: "conversation.item.create", item });
  }

  /** No more by itself; the person may try again. @param {string} reason */
  giveUp(reason) {
    this.waitingLine.leave();
    this.reason = reason;
    this.set({ connection: "gone" });
  }

  /** Try again at once after the server was gone. */
  retry() {
    this.realtime.key = serverKey.encoded;
    this.connect();
  }

  connect() {
    this.realtime.attempt = 0;
    this.set({ connection: "connecting" });
    this.realtime.connect();
  }

  /** Once everything is there: the character speaks first. */
  proceed() {
    if (this.ended || this.connection !== "connecting" || !this.configured || !this.ready || this.access) return;
    const text = this.unsentLine;
    this.unsentLine = "";
    if (!this.greeted && !text) {
      const { greeting } = this.character;
      this.realtime.send({ type: "kaikou.greet", ...(greeting && { greeting }) });
      this.dispatch({ type: "page.greeted" });
    }
    this.greeted = true;
    this.set({ connection: "live" });
    if (text) void this.say(text);
  }

  // --- Events --------------------------------------------------------------------------------------------------------

  /** @param {Event} event */
  dispatch(event) {
    const before = this.state;
    const { notice } = this.conversation;
    const wanted = effects(this.conversation, event);
    this.conversation = reduce(this.conversation, event);
    this.followSession(event);
    if (this.conversation.notice !== notice) this.noticeChanged();
    for (const effect of wanted) this.perform(effect);
    if (this.state !== before) this.stateChanged(this.state);
    this.onchange();
  }

  /** What an event means beyond the conversation. @param {Event} event */
  followSession(event) {
    if (event.type === "session.updated" && !this.configured) {
      this.configured = true;
      this.proceed();
    } else if (event.type === "kaikou.keeping") {
      this.continued = event.kept ? event.conversation_id : "";
    } else if (event.type === "error") {
      this.cannotContinue = ["conversation_not_found", "cannot_continue"].includes(event.error?.code);
      if (this.cannotContinue) this.continued = ""; // the next attempt, also that of a talk that was cut off, goes without
    } else if (event.type === "input_audio_buffer.speech_started") {
      this.speechStartMs = event.audio_start_ms;
    } else if (event.type === "input_audio_buffer.speech_stopped") {
      this.recordings.keepUtterance(event.item_id, this.speechStartMs ?? event.audio_end_ms, event.audio_end_ms);
    }
  }

  /** Another one, or none: the time of the one before counts for nothing. */
  noticeChanged() {
    clearTimeout(this.timers.notice);
    if (this.conversation.notice?.level !== "info") return;
    this.timers.notice = setTimeout(() => this.dispatch({ type: "page.notice_dismissed" }), INFO_NOTICE_MS);
  }

  /** @param {Effect} effect */
  perform(effect) {
    switch (effect.do) {
      case "play":
        return this.play(effect.itemId, effect.audio);
      case "end":
        return this.audio.player ? this.audio.player.end(effect.itemId) : this.unplayed(effect.itemId);
      case "pause":
        return this.audio.player?.pause();
      case "resume":
        return this.audio.player?.resume();
      case "flush":
        return void this.audio.player?.flush();
      case "hold": {
        this.audio.player?.pause();
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
    this.audio.player?.push(itemId, pcm);
  }

  /** What was told is true no more. @param {string} code */
  dismissNotice(code) {
    if (this.conversation.notice?.code === code) this.dispatch({ type: "page.notice_dismissed" });
  }

  /** @param {string} state */
  stateChanged(state) {
    clearTimeout(this.timers.slow);
    if (state === "thinking") this.timers.slow = setTimeout(() => this.dispatch({ type: "page.slow" }), SLOW_MS);
    if (state === "interrupted") this.timers.settle = setTimeout(() => this.dispatch({ type: "page.settled" }), INTERRUPTED_MS);
  }

  /** @param {{ connection?: Connection, access?: Access, ended?: boolean }} changes */
  set(changes) {
    const before = this.state;
    Object.assign(this, changes);
    if (this.state !== before) this.stateChanged(this.state);
    this.onchange();
  }
}
