// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { Accepted, ReportStatus } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { go } from "../../ui/address";
import { useHouse, useNames } from "../../ui/house";
import { LaneMark } from "../../ui/marks";
import { isProblem } from "../../ui/problem";

/** When to look what became of a report, in milliseconds after its acceptance; most are decided by the first. */
const LOOKS_MS = [150, 500, 1200, 2500, 5000, 10_000];

type Became = { state: "deciding" } | { state: "slow" } | { state: "known"; status: ReportStatus };

function useBecame(href: string): Became {
  const { client } = useHouse();
  const [became, setBecame] = useState<Became>({ state: "deciding" });
  useEffect(() => {
    const abort = new AbortController();
    const look = async () => {
      let last = 0;
      for (const at of LOOKS_MS) {
        await new Promise((resolve) => setTimeout(resolve, at - last));
        last = at;
        if (abort.signal.aborted) return;
        try {
          const status = await client.get<ReportStatus>(href, {}, abort.signal);
          if (status.incident !== null) {
            setBecame({ state: "known", status });
            return;
          }
        } catch (fault) {
          // The report is safe already; not knowing its incident yet is no fault worth telling.
          if (fault instanceof DOMException) return;
          if (!isProblem(fault)) throw fault;
        }
      }
      setBecame({ state: "slow" });
    };
    void look();
    return () => {
      abort.abort();
    };
  }, [client, href]);
  return became;
}

export function Outcome({ answer, onNext }: { answer: Accepted; onNext: () => void }) {
  const { t, coded } = useTexts();
  const names = useNames();
  const became = useBecame(answer.href);
  const incident = became.state === "known" ? became.status.incident : null;
  return (
    <section className="accepted" aria-labelledby="accepted-title">
      <h1 id="accepted-title">
        <span role="status">✓ {t("call.accepted")}</span>
      </h1>
      <p className="facts">
        <LaneMark lane={answer.lane} /> <b>{names.type(answer.type)}</b> · {names.zone(answer.zone)}
        {answer.claims.map((claim) => (
          <span key={claim} className="chip claim">
            {coded("claim.", claim)}
          </span>
        ))}
      </p>
      <p className="quiet">{t("call.accepted.report", { id: answer.id })}</p>
      <p role="status" className="became">
        {incident === null || became.state !== "known" ? (
          t(became.state === "slow" ? "call.accepted.slow" : "call.accepted.deciding")
        ) : (
          <Button
            className="button"
            onPress={() => {
              go({ screen: "incident", id: incident.id, act: "" });
            }}
          >
            {t(
              became.status.disposition === "opened"
                ? "call.became.opened"
                : became.status.disposition === "folded"
                  ? "call.became.folded"
                  : "call.became.joined",
              { number: String(incident.number) },
            )}
          </Button>
        )}
      </p>
      <Button className="button primary large" onPress={onNext} autoFocus>
        {t("call.next")} <kbd>Enter</kbd>
      </Button>
    </section>
  );
}
