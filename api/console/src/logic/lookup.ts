// SPDX-License-Identifier: Apache-2.0
/** Asking while a person types: the last question wins, earlier ones are given up. */

export interface LookupOptions<Q, R> {
  ask: (question: Q, signal: AbortSignal) => Promise<R>;
  onAnswer: (answer: R, question: Q) => void;
  onFault: (fault: unknown) => void;
  /** Quiet time before a question goes out, in milliseconds. */
  quietMs: number;
}

export class Lookup<Q, R> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | undefined;

  constructor(private readonly options: LookupOptions<Q, R>) {}

  /** Asks after the quiet time; whatever was asked before is given up now. */
  ask(question: Q): void {
    this.cancel();
    this.timer = setTimeout(() => void this.send(question), this.options.quietMs);
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = undefined;
  }

  private async send(question: Q): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      const answer = await this.options.ask(question, abort.signal);
      if (!abort.signal.aborted) this.options.onAnswer(answer, question);
    } catch (fault) {
      if (!abort.signal.aborted) this.options.onFault(fault);
    }
  }
}
