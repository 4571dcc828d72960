/** Which microphones and speakers there are. */

/** @param {"audioinput" | "audiooutput"} kind @returns {Promise<MediaDeviceInfo[]>} */
export async function devices(kind) {
  const all = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []); // A browser that does not say has none.
  return (all ?? []).filter((device) => device.kind === kind && device.deviceId);
}
