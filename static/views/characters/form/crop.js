/** A picture, of which the person chooses the square that is kept: by dragging, by keys, and by a slider. */
import { h } from "../../../components/dom.js";
import { t } from "../../../i18n.js";

const SHOWN = 320;
/** How much closer one may go. */
const CLOSEST = 6;
const STEP = 0.02;

/** @typedef {{ left: number, top: number, size: number }} Square in pixels of the picture */

/** Within the picture. @param {Square} square @param {number} width @param {number} height @returns {Square} */
export function within({ left, top, size }, width, height) {
  const most = Math.min(width, height);
  const kept = Math.min(most, Math.max(most / CLOSEST, size));
  return { left: Math.min(width - kept, Math.max(0, left)), top: Math.min(height - kept, Math.max(0, top)), size: kept };
}

/** The square of another size with the same middle. @param {Square} square @param {number} size @returns {Square} */
export const resized = ({ left, top, size: before }, size) => ({ left: left + (before - size) / 2, top: top + (before - size) / 2, size });

/**
 * @param {ImageBitmap} picture
 * @param {(square: Square) => void} done
 * @param {() => void} cancelled
 */
export function cropper(picture, done, cancelled) {
  const { width, height } = picture;
  const most = Math.min(width, height);
  let square = within({ left: (width - most) / 2, top: Math.max(0, (height - most) / 4), size: most }, width, height);
  const canvas = h("canvas", { width: 2 * SHOWN, height: 2 * SHOWN, class: "crop", tabindex: 0, role: "img", "aria-label": t("crop.label") });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const zoom = h("input", { type: "range", id: "crop-size", min: 1, max: CLOSEST, step: 0.05, value: 1 });
  const move = (/** @type {Square} */ to) => {
    square = within(to, width, height);
    context.drawImage(picture, square.left, square.top, square.size, square.size, 0, 0, canvas.width, canvas.height);
    zoom.value = String(most / square.size);
  };
  zoom.oninput = () => move(resized(square, most / Number(zoom.value)));
  const shift = (/** @type {number} */ x, /** @type {number} */ y) => move({ ...square, left: square.left + x * square.size, top: square.top + y * square.size });
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => shift(-STEP, 0),
    ArrowRight: () => shift(STEP, 0),
    ArrowUp: () => shift(0, -STEP),
    ArrowDown: () => shift(0, STEP),
    "+": () => move(resized(square, square.size * (1 - 2 * STEP))),
    "-": () => move(resized(square, square.size * (1 + 2 * STEP))),
  };
  canvas.onkeydown = (event) => {
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  canvas.onpointerdown = ({ pointerId }) => canvas.setPointerCapture(pointerId);
  canvas.onpointermove = ({ buttons, movementX, movementY }) => buttons && shift(-movementX / canvas.clientWidth, -movementY / canvas.clientHeight);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    move(resized(square, square.size * (event.deltaY > 0 ? 1 + STEP : 1 - STEP)));
  }, { passive: false });
  move(square);
  const rounded = () => ({ left: Math.floor(square.left), top: Math.floor(square.top), size: Math.floor(square.size) });
  return h(
    "div",
    { class: "cropping", role: "group", "aria-label": t("crop.title") },
    canvas,
    h("p", { class: "note" }, t("crop.note")),
    h("label", { for: "crop-size" }, t("crop.size")),
    zoom,
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", class: "primary", id: "crop-take", onclick: () => done(rounded()) }, t("crop.take")),
      h("button", { type: "button", class: "plain", onclick: cancelled }, t("crop.cancel")),
    ),
  );
}
