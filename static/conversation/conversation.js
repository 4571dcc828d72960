/**
 * What is said, by whom, and how much of it was heard: a table from event to reducer. No network, no page, no clock.
 *
 * Events are those of the realtime protocol, as they arrive, and the page's own, which begin with `page.`:
 *
 *   page.typed {item_id, text}                      the person typed a line
 *   page.greeted                                    the character was asked to speak first
 *   page.playback {item_id, played_ms, total_ms, event}   what the player did: started, position, ended, flushed
 *   page.grace_over {item_id}                       no doubt was announced: a voice over the reply is an interruption
 *   page.stopped                                    the person asked for silence
 *   page.remembered_told {id}                       the person saw that it is remembered
 *   page.slow · page.settled · page.disconnected · page.notice_dismissed
 *
 * `reduce(state, event)` gives the next state, `effects(state, event)` what is to be done about it; both look at the
 * state before the event. A reply is over when it was played, so the phase follows the player, not the server.
 */

/** @typedef {{ text: string, start_ms: number, end_ms: number }} Word */
/**
 * @typedef {object} Line
 * @property {string} id
 * @property {"user" | "character"} role
 * @property {string} text
 * @property {Word[]} words with times on the item's own audio
 * @property {boolean} final whether the text is complete
 * @property {boolean} typed
 * @property {boolean} hasAudio whether there is audio of it
 * @property {boolean} over whether it was heard to where it ends
 * @property {number | null} cutMs where it was cut off, if it was
 * @property {number} totalMs how much audio there was when it was cut off
 * @property {string} responseId
 * @property {string} emotion how the person sounded, or ""
 * @property {string[]} sounds what else was heard with it, such as "laughter"
 */
/** @typedef {{ marks: Record<string, number | null>, speculative: boolean }} Timing */
/** @typedef {{ kind: "memory" | "lorebook" | "knowledge" | "summary", id: string, label: string }} Used what the model was shown for an answer */
/** @typedef {{ fact: { id: string, text: string, kind: string }, action: "remembered" | "forgotten" | "corrected" }} Remembered */
/** @typedef {{ code: string, level: "info" | "warning" | "error", message: string }} Notice */
/** @typedef {{ id: string, title: string, state: "open" | "now" | "done" | "skipped" }} StepState */
/** @typedef {{ step: string, steps: StepState[], leftS: number | null, hint: string, phrases: { text: string, meaning: string }[], over: boolean }} Progress of a practice; leftS: null where nobody counts */
/** @typedef {{ at: number, said: string, better: string, reason: string, kind: string }} Correction of what the person said, from its character `at` on */
/** @typedef {{ conversationId: string, kept: boolean, recording: boolean, reason: string }} Keeping `reason`: why it is not kept */
/**
 * @typedef {object} Conversation
 * @property {Line[]} lines
 * @property {boolean} speaking whether the person is
 * @property {boolean} awaited whether an answer is due that has not begun
 * @property {string} responseId the response being written, or ""
 * @property {string} stopped the response the person asked to stop; what still comes of it is not played
 * @property {string} playing the item being heard, or ""
 * @property {string} pausedByPage the item paused by the page until the server says whether it is an interruption, or ""
 * @property {string} pausedByServer the item paused by the server, or ""
 * @property {boolean} interrupted just now
 * @property {"" | "thinking" | "loading"} thought what the model does before it answers, if the server told of it
 * @property {boolean} slow
 * @property {string | null} failure
 * @property {string} failureCode its code; "" if it has none
 * @property {Notice | null} notice
 * @property {Record<string, Timing>} timings by response
 * @property {Record<string, Used[]>} used by response
 * @property {Remembered[]} remembered what the person was not told of yet
 * @property {Keeping | null} keeping whether the server keeps it, and how it sounds; null until it says so
 * @property {Progress | null} practice how far a practice is, if this is one
 * @property {Record<string, Correction[]>} corrections by item
 */
/** @typedef {{ type: string, [field: string]: any }} Event */
/** @typedef {(state: Conversation, event: Event) => Conversation} Reducer */

/** @type {Conversation} */
export const EMPTY = {
  lines: [],
  speaking: false,
  awaited: false,
  responseId: "",
  stopped: "",
  playing: "",
  pausedByPage: "",
  pausedByServer: "",
  interrupted: false,
  thought: "",
  slow: false,
  failure: null,
  failureCode: "",
  notice: null,
  timings: {},
  used: {},
  remembered: [],
  keeping: null,
  practice: null,
  corrections: {},
};

/** Errors that need no notice: the other side was faster, or the session ends, which the page says when it is closed. */
const HARMLESS = new Set([
  "response_cancel_not_active",
  "conversation_already_has_active_response",
  "item_truncate_invalid_item_id",
  "session_expired",
  // The page begins another conversation with what it knows of that one.
  "conversation_not_found",
  "cannot_continue",
]);

/** @param {string} id @param {"user" | "character"} role @returns {Line} */
const blank = (id, role) => ({
  id,
  role,
  text: "",
  words: [],
  final: false,
  typed: false,
  hasAudio: false,
  over: false,
  cutMs: null,
  totalMs: 0,
  responseId: "",
  emotion: "",
  sounds: [],
});

/** @param {Conversation} state @param {string} id */
export const lineOf = (state, id) => state.lines.find((line) => line.id === id);

/**
 * Change one line; unknown ones are appended if a role is given.
 * @param {Conversation} state @param {string} id @param {(line: Line) => Partial<Line>} change
 * @param {"user" | "character"} [role] @returns {Conversation}
 */
function revise(state, id, change, role) {
  const known = lineOf(state, id);
  if (known) return { ...state, lines: state.lines.map((line) => (line === known ? { ...line, ...change(line) } : line)) };
  if (!role) return state;
  const line = blank(id, role);
  return { ...state, lines: [...state.lines, { ...line, ...change(line) }] };
}

/** @param {Conversation} state @param {string} id */
const forget = (state, id) => ({ ...state, lines: state.lines.filter((line) => line.id !== id) });

/** Text that came after a line was cut off was never heard. @param {Line} line @param {Partial<Line>} change */
const unlessCut = (line, change) => (line.cutMs === null ? change : {});

/** New words after the known ones; where both cover the same time the new ones count. @param {Word[]} known @param {Word[]} fresh */
const merged = (known, fresh) => (fresh.length ? [...known.filter((word) => word.start_ms < fresh[0].start_ms), ...fresh] : known);

/** @type {Reducer} */
function itemAdded(state, { item }) {
  if (item?.type !== "message" || item.role !== "user" || lineOf(state, item.id)) return state;
  const text = (item.content ?? []).map((/** @type {any} */ part) => part.text ?? part.transcript ?? "").join("");
  const typed = (item.content ?? []).some((/** @type {any} */ part) => part.type === "input_text");
  return revise(state, item.id, () => ({ text, typed, final: typed, over: typed }), "user");
}

/** @type {Reducer} */
function speechStarted(state, { item_id }) {
  const pausedByPage = state.playing && state.pausedByServer !== state.playing ? state.playing : "";
  const quiet = { ...state, speaking: true, awaited: false, slow: false, interrupted: false, failure: null, pausedByPage };
  return revise(quiet, item_id, () => ({}), "user");
}

/** @type {Reducer} */
function transcribed(state, { item_id, transcript }) {
  if (transcript.trim()) return revise(state, item_id, () => ({ text: transcript, final: true, over: true }), "user");
  return { ...forget(state, item_id), awaited: false, slow: false };
}

/** @param {{ message?: string, code?: string } | null | undefined} error */
const failed = (error) => ({ failure: error?.message ?? "", failureCode: error?.code ?? "" });

/** @type {Reducer} */
function responseDone(state, { response }) {
  const closed = { ...state, responseId: "", awaited: false, slow: false, thought: state.responseId === response.id ? "" : state.thought };
  const lines = closed.lines
    .filter((line) => line.responseId !== response.id || line.text || line.hasAudio)
    .map((line) => (line.responseId === response.id ? { ...line, final: true, over: line.over || !line.hasAudio } : line));
  if (response.status !== "failed") return { ...closed, lines };
  return { ...closed, lines, ...failed(response.status_details?.error) };
}

/** @type {Reducer} */
function playback(state, { item_id, played_ms, total_ms, event }) {
  if (event === "started") return { ...state, playing: item_id, awaited: false, slow: false };
  if (event === "position") return state;
  const silent = { ...state, playing: "", pausedByPage: "", pausedByServer: "" };
  if (event === "ended") return revise(silent, item_id, () => ({ over: true }));
  const unheard = new Map(truncations(state, item_id, played_ms).map((cut) => [cut.itemId, cut.playedMs]));
  const lines = state.lines.map((line) => {
    const cutMs = unheard.get(line.id);
    return cutMs === undefined ? line : { ...line, over: true, cutMs, totalMs: line.id === item_id ? total_ms : 0 };
  });
  return { ...silent, lines, interrupted: true };
}

/**
 * What a flush cuts off: the item that was playing, and whatever was queued behind it, of which nothing was heard.
 * @param {Conversation} state @param {string} itemId @param {number} playedMs
 */
export const truncations = (state, itemId, playedMs) =>
  state.lines
    .filter((line) => line.id === itemId || (line.hasAudio && !line.over))
    .map((line) => ({ itemId: line.id, playedMs: line.id === itemId ? playedMs : 0 }));

/** @type {Reducer} */
function refused(state, { error }) {
  if (HARMLESS.has(error?.code)) return state;
  return { ...state, awaited: false, notice: { code: error?.code ?? "", level: "warning", message: error?.message ?? "" } };
}

/** @param {Conversation} state @param {string} id of a fact */
const toldOfOthers = ({ remembered }, id) => remembered.filter(({ fact }) => fact.id !== id);

/** One is told once, also by a server that says it again. @type {Reducer} */
function corrected(state, { item_id, at, said, better, reason, kind }) {
  const known = state.corrections[item_id] ?? [];
  const others = known.filter((one) => one.at !== at || one.said !== said);
  return { ...state, corrections: { ...state.corrections, [item_id]: [...others, { at, said, better, reason, kind }] } };
}

/** @type {Record<string, Reducer>} */
const REDUCERS = {
  "conversation.item.added": itemAdded,
  "conversation.item.deleted": (state, { item_id }) => forget(state, item_id),
  "conversation.item.truncated": (state, { item_id, audio_end_ms }) =>
    revise(state, item_id, (line) => ({ cutMs: line.cutMs ?? audio_end_ms, over: true })),
  "input_audio_buffer.speech_started": speechStarted,
  "input_audio_buffer.speech_stopped": (state) => ({ ...state, speaking: false, awaited: !state.playing }),
  "kaikou.partial": (state, { item_id, text }) => revise(state, item_id, (line) => (line.final ? {} : { text }), "user"),
  "kaikou.heard": (state, { item_id, emotion, sounds }) => revise(state, item_id, () => ({ emotion, sounds })),
  "conversation.item.input_audio_transcription.delta": (state, { item_id, delta }) =>
    revise(state, item_id, (line) => (line.final ? {} : { text: line.text + delta }), "user"),
  "conversation.item.input_audio_transcription.completed": transcribed,
  "conversation.item.input_audio_transcription.failed": (state, { item_id, error }) => ({
    ...(lineOf(state, item_id)?.text ? revise(state, item_id, () => ({ final: true, over: true })) : forget(state, item_id)),
    awaited: false,
    ...failed(error),
  }),
  "response.created": (state, { response }) => ({
    ...state,
    responseId: response.id,
    awaited: false,
    thought: "",
    interrupted: false,
    failure: null,
    notice: state.notice?.level === "error" ? null : state.notice,
  }),
  "response.output_item.added": (state, { item, response_id }) =>
    item?.type === "message" ? revise(state, item.id, () => ({ responseId: response_id }), "character") : state,
  "response.output_audio_transcript.delta": (state, { item_id, delta }) =>
    revise(state, item_id, (line) => unlessCut(line, { text: line.text + delta }), "character"),
  "response.output_audio_transcript.done": (state, { item_id, transcript }) =>
    revise(state, item_id, (line) => unlessCut(line, { text: transcript, final: true })),
  "response.output_text.delta": (state, { item_id, delta }) =>
    revise(state, item_id, (line) => unlessCut(line, { text: line.text + delta }), "character"),
  "response.output_text.done": (state, { item_id, text }) => revise(state, item_id, (line) => unlessCut(line, { text, final: true })),
  "response.output_audio.delta": (state, { item_id }) =>
    lineOf(state, item_id)?.hasAudio ? state : revise(state, item_id, () => ({ hasAudio: true }), "character"),
  "response.done": responseDone,
  "kaikou.words": (state, { item_id, words }) =>
    revise(state, item_id, (line) => unlessCut(line, { words: merged(line.words, words) }), "character"),
  "kaikou.timing": (state, { response_id, marks, speculative }) => ({
    ...state,
    timings: { ...state.timings, [response_id]: { marks, speculative } },
  }),
  "kaikou.context": (state, { response_id, used }) => ({ ...state, used: { ...state.used, [response_id]: used } }),
  "kaikou.remembered": (state, { fact, action }) => ({ ...state, remembered: [...toldOfOthers(state, fact.id), { fact, action }] }),
  "kaikou.keeping": (state, { conversation_id, kept, recording, reason }) => ({
    ...state,
    keeping: { conversationId: conversation_id, kept, recording, reason },
  }),
  "kaikou.practice": (state, { step, steps, left_s, hint, phrases, over }) => ({
    ...state,
    practice: { step, steps, leftS: left_s ?? null, hint: hint ?? "", phrases: phrases ?? [], over: over ?? false },
  }),
  "kaikou.correction": corrected,
  "kaikou.thinking": (state, { response_id, state: thought }) =>
    response_id === state.responseId ? { ...state, thought: thought === "over" ? "" : thought } : state,
  "kaikou.notice": (state, { code, level, message }) => ({ ...state, notice: { code, level, message } }),
  "kaikou.playback.pause": (state, { item_id }) =>
    lineOf(state, item_id)?.over ? state : { ...state, pausedByServer: item_id, pausedByPage: "" },
  "kaikou.playback.resume": (state) => ({ ...state, pausedByServer: "", pausedByPage: "" }),
  error: refused,
  "page.typed": (state, { item_id, text }) => ({
    ...revise(state, item_id, () => ({ text, typed: true, final: true, over: true }), "user"),
    awaited: true,
    interrupted: false,
    slow: false,
    failure: null,
  }),
  "page.greeted": (state) => ({ ...state, awaited: true }),
  "page.playback": playback,
  "page.stopped": (state) => ({ ...state, awaited: false, slow: false, stopped: state.responseId }),
  "page.slow": (state) => ({ ...state, slow: true }),
  "page.settled": (state) => ({ ...state, interrupted: false }),
  "page.remembered_told": (state, { id }) => ({ ...state, remembered: toldOfOthers(state, id) }),
  "page.notice_dismissed": (state) => ({ ...state, notice: null }),
  // What the player holds is still heard; everything else of the old session is settled as it is.
  "page.disconnected": (state) => ({
    ...EMPTY,
    playing: state.playing,
    timings: state.timings,
    used: state.used,
    keeping: state.keeping && { ...state.keeping, recording: false },
    practice: state.practice,
    corrections: state.corrections,
    lines: state.lines
      .filter((line) => line.text)
      .map((line) => ({ ...line, final: true, over: line.over || !line.hasAudio })),
  }),
};

/** The state after an event; events it does not know leave it as it is. @type {Reducer} */
export const reduce = (state, event) => REDUCERS[event.type]?.(state, event) ?? state;

/**
 * What is going on, in one word.
 * @param {Conversation} state
 * @returns {"interrupted" | "paused" | "listening" | "speaking" | "failed" | "thinking" | "resting"}
 */
export function phase(state) {
  if (state.interrupted) return "interrupted";
  if (state.pausedByServer) return "paused";
  if (state.speaking) return "listening";
  if (state.playing) return "speaking";
  if (state.failure !== null) return "failed";
  return state.responseId || state.awaited || unheard(state) ? "thinking" : "resting";
}

/** Whether there is a reply whose sound has arrived and not yet begun. @param {Conversation} state */
function unheard(state) {
  const last = state.lines.findLast((line) => line.role === "character");
  return last !== undefined && last.hasAudio && !last.over;
}
