// SPDX-License-Identifier: Apache-2.0
/** One call from its first word to its answer. */

import { Refusal, Unreachable } from "../api/client";
import type { Accepted, FieldProblem, Place } from "../api/types";
import type { components } from "../api/openapi";
import { freshKey } from "./keys";

export interface Draft {
  words: string;
  /** Code of a type, or empty: the house then reads it from the words. */
  type: string;
  /** What stands in the place field. */
  address: string;
  /** The gazetteer's entry behind it, when one was chosen. */
  place: Place | null;
  phone: string;
  lifeSafety: boolean;
  /** The open incident this call is about, when the call taker says so. */
  joins: { id: string; number: number } | null;
}

export const EMPTY: Draft = {
  words: "",
  type: "",
  address: "",
  place: null,
  phone: "",
  lifeSafety: false,
  joins: null,
};

export type Sending =
  | { state: "writing" }
  | { state: "sending" }
  | { state: "accepted"; answer: Accepted }
  | { state: "refused"; code: string; detail: string; errors: readonly FieldProblem[] }
  /** Nobody knows whether it arrived; sending again with the same key is safe. */
  | { state: "unknown"; retryAfterS: number | null };

export interface Call {
  draft: Draft;
  key: string;
  sending: Sending;
}

export type CallEvent =
  | { kind: "edit"; change: Partial<Draft> }
  | { kind: "send" }
  | { kind: "accepted"; answer: Accepted }
  | { kind: "failed"; fault: Refusal | Unreachable; key: string }
  | { kind: "next"; key: string };

export function newCall(key: string = freshKey()): Call {
  return { draft: EMPTY, key, sending: { state: "writing" } };
}

/** Whether there is enough to send: words, or a type with a place. */
export function isReady(draft: Draft): boolean {
  return draft.words.trim() !== "" || (draft.type !== "" && draft.address.trim() !== "");
}

/** Whether Enter may send now; false while a send is under way and after it was accepted. */
export function maySend(call: Call): boolean {
  return call.sending.state !== "sending" && call.sending.state !== "accepted" && isReady(call.draft);
}

export function step(call: Call, event: CallEvent): Call {
  switch (event.kind) {
    case "edit":
      if (call.sending.state === "sending" || call.sending.state === "accepted") return call;
      return { ...call, draft: { ...call.draft, ...event.change } };
    case "send":
      return maySend(call) ? { ...call, sending: { state: "sending" } } : call;
    case "accepted":
      return { ...call, sending: { state: "accepted", answer: event.answer } };
    case "failed":
      return { ...call, ...failed(event.fault, call.key, event.key) };
    case "next":
      return newCall(event.key);
  }
}

/**
 * What was refused for good used up nothing, so the corrected call gets the `fresh` key. After silence,
 * overload or "in flight" the old key stays: the house may have the call already, and must not get it twice.
 */
function failed(fault: Refusal | Unreachable, key: string, fresh: string): Pick<Call, "key" | "sending"> {
  if (fault instanceof Unreachable) return { key, sending: { state: "unknown", retryAfterS: null } };
  if (fault.status >= 500 || fault.status === 429 || fault.code === "in-flight") {
    return { key, sending: { state: "unknown", retryAfterS: fault.retryAfterS } };
  }
  return { key: fresh, sending: { state: "refused", code: fault.code, detail: fault.detail, errors: fault.errors } };
}

/** What the door takes, as the API itself describes it. */
export type ReportBody = components["schemas"]["ReportIn"];
type ReportPlace = components["schemas"]["LocationIn"];

/** Returns the body of `POST /v1/reports`; empty parts are left out. */
export function reportBody(draft: Draft, language: string): ReportBody {
  const body: ReportBody = { channel: "phone", language };
  if (draft.words.trim() !== "") body.description = draft.words.trim();
  if (draft.type !== "") body.type = draft.type;
  const location: ReportPlace = {};
  if (draft.address.trim() !== "") location.address = draft.address.trim();
  if (draft.place !== null) {
    location.place_id = draft.place.id;
    location.point = { lat: draft.place.lat, lon: draft.place.lon, accuracy_m: draft.place.radius_m };
    if (draft.place.asset_id !== "") location.asset_id = draft.place.asset_id;
  }
  if (Object.keys(location).length > 0) body.location = location;
  const phone = draft.phone.trim();
  // The number is also who called: redials of one number are folded, never counted twice.
  if (phone !== "") body.reporter = { phone, token: phone.replace(/[^\d+]/g, "") || phone };
  if (draft.lifeSafety) body.life_safety = true;
  if (draft.joins !== null) body.joins = draft.joins.id;
  return body;
}

export type CallField = "words" | "type" | "place" | "phone" | "joins" | "form";

/** Tells which field of the form a problem's path belongs to. */
export function fieldOf(path: string): CallField {
  if (path.startsWith("description")) return "words";
  if (path.startsWith("type")) return "type";
  if (path.startsWith("location")) return "place";
  if (path.startsWith("reporter")) return "phone";
  if (path.startsWith("joins")) return "joins";
  return "form";
}

const STORE = "weirhouse.call";

/** Keeps an unsent call through a reload of the tab (and no longer: it holds a person's number). */
export function keepCall(store: Storage, call: Call): void {
  if (call.sending.state === "accepted") store.removeItem(STORE);
  else store.setItem(STORE, JSON.stringify({ draft: call.draft, key: call.key }));
}

export function forgetCall(store: Storage): void {
  store.removeItem(STORE);
}

export function keptCall(store: Storage): Call {
  const text = store.getItem(STORE);
  if (text === null) return newCall();
  try {
    const kept = JSON.parse(text) as { draft: Draft; key: string };
    return { draft: { ...EMPTY, ...kept.draft }, key: kept.key, sending: { state: "writing" } };
  } catch (error) {
    if (error instanceof SyntaxError) return newCall();
    throw error;
  }
}
