/** What the page asks of a session: how it listens, when a turn is over, how it speaks. Pure. */

const EAGERNESS = { patient: "low", normal: "auto", quick: "high" };

/**
 * @param {string} language spoken
 * @param {import("../preferences.js").Preferences} preferences
 * @param {boolean} recording whether the server records now
 * @param {{ draft?: string, practice?: string }} [begun] what the session is begun with: the character whose draft is talked to,
 *   by its maker; the practice that is talked
 */
export const sessionUpdate = (language, { patience, speed, record }, recording, { draft, practice } = {}) => ({
  type: "session.update",
  session: {
    type: "realtime",
    audio: {
      input: {
        format: { type: "audio/pcm", rate: 16000 },
        transcription: { model: "kaikou" },
        turn_detection: { type: "semantic_vad", eagerness: EAGERNESS[patience], create_response: true, interrupt_response: true },
      },
      output: { format: { type: "audio/pcm", rate: 24000 }, speed },
    },
    kaikou: { language, barge_in: "confirmed", ...(record === recording ? {} : { record }), ...(draft && { draft }), ...(practice && { practice }) },
  },
});
