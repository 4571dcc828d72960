/** Which microphones and speakers there are. */

/** @param {"audioinput" | "audiooutput"} kind @returns {Promise<MediaDeviceInfo[]>} */
export async function devices(kind) {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === kind && device.deviceId);
}
