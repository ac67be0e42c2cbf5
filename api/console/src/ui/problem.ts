// SPDX-License-Identifier: Apache-2.0
import { Refusal, Unreachable } from "../api/client";
import type { Texts } from "../i18n/language";

/** One sentence for a person about what went wrong, in the language of the seat. */
export function problemText(fault: unknown, { t, coded }: Texts): string {
  if (fault instanceof Unreachable) return t("problem.unreachable");
  if (fault instanceof Refusal) return coded("problem.", fault.code, t("problem.other", { code: fault.code }));
  throw fault;
}

/** Whether a fault is one of the two ways the house can fail to do as asked; everything else is our own. */
export function isProblem(fault: unknown): fault is Refusal | Unreachable {
  return fault instanceof Refusal || fault instanceof Unreachable;
}
