// SPDX-License-Identifier: Apache-2.0
/** How long to wait before the next try, in milliseconds. */

const FIRST_MS = 500;
/** A dispatcher would reload by hand after this long; so we try at least that often. */
const LONGEST_MS = 15_000;

/**
 * Half of the doubled wait is fixed and half is chance, so that a room of seats does not come back
 * in one moment after a restart. `random` gives a number in [0, 1).
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return whole / 2 + (whole / 2) * random();
}
