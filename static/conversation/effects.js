/**
 * What is to be done about an event, beside what becomes of the conversation: play, pause, drop, tell the server. Pure;
 * `call.js` performs it.
 */
import { lineOf, truncations } from "./conversation.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./conversation.js").Event} Event */
/**
 * @typedef {{ do: "hold" | "pause" | "resume" | "flush" }
 *   | { do: "play", itemId: string, audio: string }
 *   | { do: "end", itemId: string }
 *   | { do: "truncate", itemId: string, playedMs: number }} Effect
 */

/** Lines that belong to a response. @param {Conversation} state @param {string} id */
const linesOf = (state, id) => state.lines.filter((line) => line.responseId === id);

/** @type {Record<string, (state: Conversation, event: Event) => Effect[]>} */
const EFFECTS = {
  "input_audio_buffer.speech_started": (state) => (state.playing && state.pausedByServer !== state.playing ? [{ do: "hold" }] : []),
  "page.grace_over": (state, { item_id }) => (state.pausedByPage === item_id ? [{ do: "flush" }] : []),
  // Of an item that was heard to its end nothing is left to pause; the server may learn that a moment later.
  "kaikou.playback.pause": (state, { item_id }) => (lineOf(state, item_id)?.over ? [] : [{ do: "pause" }]),
  "kaikou.playback.resume": () => [{ do: "resume" }],
  "response.created": (state) => (state.pausedByServer || state.pausedByPage ? [{ do: "flush" }] : []),
  "response.output_audio.delta": (state, { item_id, response_id, delta }) =>
    lineOf(state, item_id)?.over || (response_id && response_id === state.stopped)
      ? []
      : [{ do: "play", itemId: item_id, audio: delta }],
  "response.output_audio.done": (_state, { item_id }) => [{ do: "end", itemId: item_id }],
  "response.done": (state, { response }) => {
    const unheard = linesOf(state, response.id).filter((line) => line.hasAudio && !line.over);
    if (response.status === "cancelled" && unheard.length) return [{ do: "flush" }];
    return unheard.map((line) => ({ do: "end", itemId: line.id }));
  },
  "conversation.item.truncated": (state, { item_id }) => {
    const line = lineOf(state, item_id);
    return line?.hasAudio && !line.over ? [{ do: "flush" }] : [];
  },
  "page.playback": (state, { item_id, played_ms, event }) =>
    event === "flushed"
      ? truncations(state, item_id, played_ms)
          .filter(({ itemId }) => lineOf(state, itemId)?.cutMs === null)
          .map((cut) => ({ do: "truncate", ...cut }))
      : [],
  "page.disconnected": (state) => [
    { do: "resume" },
    ...state.lines.filter((line) => line.hasAudio && !line.over).map((line) => ({ do: /** @type {const} */ ("end"), itemId: line.id })),
  ],
};

/** What an event asks for. @param {Conversation} state the one before it @param {Event} event @returns {Effect[]} */
export const effects = (state, event) => EFFECTS[event.type]?.(state, event) ?? [];
