/** What the page asks of a session: how it listens, when a turn is over, how it speaks. Pure. */

const EAGERNESS = { patient: "low", normal: "auto", quick: "high" };

/**
 * @param {string} language spoken
 * @param {import("../preferences.js").Preferences} preferences
 */
export const sessionUpdate = (language, { patience, speed }) => ({
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
    kaikou: { language, barge_in: "confirmed" },
  },
});
