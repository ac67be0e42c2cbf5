// SPDX-License-Identifier: Apache-2.0
/** The one way out to the house: same origin, session cookie, CSRF token, problem documents. */

import type { FieldProblem } from "./types";

/** The house said no (RFC 9457). `code` is stable; the rest of the document is in `extra`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly FieldProblem[],
    readonly extra: Readonly<Record<string, unknown>>,
    readonly retryAfterS: number | null,
  ) {
    super(`${code}: ${detail}`);
    this.name = "Refusal";
  }
}

/** No answer came: the network is cut, or the house is. Whether it acted is not known. */
export class Unreachable extends Error {
  constructor(options?: ErrorOptions) {
    super("the house does not answer", options);
    this.name = "Unreachable";
  }
}

export type Query = Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>;

export function withQuery(path: string, query: Query): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? (value as readonly (string | number)[]) : [value]) {
      parts.append(name, String(one));
    }
  }
  const search = parts.toString();
  return search === "" ? path : `${path}?${search}`;
}

export interface Write {
  key?: string;
  etag?: string;
}

export class Client {
  csrf = "";

  constructor(private readonly fetcher: typeof fetch = (...args) => fetch(...args)) {}

  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const init: RequestInit = { headers: { Accept: "application/json" } };
    if (signal !== undefined) init.signal = signal;
    return (await this.send(withQuery(path, query), init)) as T;
  }

  async post<T>(path: string, body: unknown, write: Write = {}): Promise<T> {
    const headers: Record<string, string> = {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRF-Token": this.csrf,
    };
    if (write.key !== undefined) headers["Idempotency-Key"] = write.key;
    if (write.etag !== undefined) headers["If-Match"] = quoted(write.etag);
    return (await this.send(path, { method: "POST", headers, body: JSON.stringify(body) })) as T;
  }

  private async send(path: string, init: RequestInit): Promise<unknown> {
    let answer: Response;
    try {
      answer = await this.fetcher(path, { ...init, credentials: "same-origin", cache: "no-store" });
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw new Unreachable({ cause: error });
    }
    const text = await answer.text();
    const body: unknown = text === "" ? null : parse(text);
    if (!answer.ok) throw refusal(answer, body);
    return body;
  }
}

function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function refusal(answer: Response, body: unknown): Refusal {
  const document = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof document["code"] === "string" ? document["code"] : `http-${answer.status}`;
  const detail = typeof document["detail"] === "string" ? document["detail"] : answer.statusText;
  const errors = Array.isArray(document["errors"]) ? (document["errors"] as FieldProblem[]) : [];
  const wait = Number(answer.headers.get("Retry-After") ?? Number.NaN);
  return new Refusal(answer.status, code, detail, errors, document, Number.isFinite(wait) ? wait : null);
}
