// SPDX-License-Identifier: Apache-2.0
/** A tab's end of the browser's one feed; looks like a stream of the tab's own. */

import type { StreamOptions } from "../logic/stream";
import type { Said, Told } from "./messages";
import address from "./worker?sharedworker&url";

export class SharedStream {
  heardAtMs = 0;
  clockAheadMs = 0;
  private port: MessagePort | null = null;
  private readonly leave = () => {
    this.say({ kind: "bye" });
  };
  /** Back from the browser's cache of pages, where nothing was heard. */
  private readonly back = (event: PageTransitionEvent) => {
    if (event.persisted) this.say({ kind: "hello" });
  };

  constructor(
    private readonly options: Pick<StreamOptions, "rows" | "onChange" | "onLine">,
    private readonly who: string,
  ) {}

  start(): void {
    // Another person, another worker: what one may see the other may not.
    const worker = new SharedWorker(address, { type: "module", name: `weirhouse feed of ${this.who}` });
    this.port = worker.port;
    this.port.addEventListener("message", (event: MessageEvent<Told>) => {
      this.take(event.data);
    });
    this.port.start();
    window.addEventListener("pagehide", this.leave);
    window.addEventListener("pageshow", this.back);
    this.say({ kind: "hello" });
  }

  stop(): void {
    this.leave();
    window.removeEventListener("pagehide", this.leave);
    window.removeEventListener("pageshow", this.back);
    this.port?.close();
    this.port = null;
  }

  nudge(): void {
    this.say({ kind: "nudge" });
  }

  private say(said: Said): void {
    this.port?.postMessage(said);
  }

  private take(told: Told): void {
    this.heardAtMs = Math.max(this.heardAtMs, told.heardAtMs);
    this.clockAheadMs = told.clockAheadMs;
    const { rows, onChange, onLine } = this.options;
    switch (told.kind) {
      case "line":
        onLine(told.line);
        return;
      case "assignments":
        rows.merge([], [], told.rows);
        onChange();
        return;
      case "frame": {
        const applied = rows.apply(told.frame);
        if (applied === "gap") this.say({ kind: "again" });
        else onLine({ state: "live" });
        if (applied === "applied") onChange();
      }
    }
  }
}
