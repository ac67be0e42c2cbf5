// SPDX-License-Identifier: Apache-2.0
/** Keys that make a repeat harmless: one is made for each decision and kept until its answer is known. */

/** Returns 128 random bits in hexadecimal. (`randomUUID` is missing on pages without TLS.) */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
