// SPDX-License-Identifier: Apache-2.0
/** Reading server-sent events out of a byte stream (WHATWG HTML, section 9.2), as far as the feed uses them. */

export interface SentEvent {
  event: string;
  data: string;
  /** The last id seen so far, this event's own included; empty when none was ever sent. */
  id: string;
}

/** Gives back whole events from text that arrives in pieces. */
export class EventReader {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";

  /** Returns the events that `text` completes. */
  push(text: string): SentEvent[] {
    const done: SentEvent[] = [];
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        if (this.data.length > 0) {
          done.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
        }
        this.event = "";
        this.data = [];
      } else {
        this.field(line);
      }
    }
    return done;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id") this.id = value;
  }
}
