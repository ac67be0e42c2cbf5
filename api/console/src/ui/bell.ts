// SPDX-License-Identifier: Apache-2.0
/** The sound of a P1: made by the browser, no file. Silent until a person has touched the page; browsers want it so. */

/** Two rising notes, in hertz, like nothing else in the room; each as long as `NOTE_S`. */
const NOTES_HZ = [660, 880, 660, 880] as const;
const NOTE_S = 0.16;
const LOUDNESS = 0.18;

export class Bell {
  private context: AudioContext | null = null;

  /** Whether a ring would be heard. */
  get awake(): boolean {
    return this.context?.state === "running";
  }

  /** Call on a person's own key or click; later rings are heard then. */
  async wake(): Promise<void> {
    if (!("AudioContext" in globalThis)) return;
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") await this.context.resume();
  }

  ring(): void {
    const { context } = this;
    if (context?.state !== "running") return;
    NOTES_HZ.forEach((hertz, index) => {
      const from = context.currentTime + index * NOTE_S;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
      gain.gain.linearRampToValueAtTime(0, from + NOTE_S);
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + NOTE_S);
    });
  }

  close(): void {
    void this.context?.close();
    this.context = null;
  }
}
