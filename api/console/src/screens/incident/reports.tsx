// SPDX-License-Identifier: Apache-2.0
import { Button, Disclosure, DisclosurePanel } from "react-aria-components";
import type { IncidentReport } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { LaneMark } from "../../ui/marks";
import { Terms } from "../../ui/terms";

interface ReportsProps {
  reports: readonly IncidentReport[];
  total: number;
  hasMore: boolean;
  onMore: () => Promise<void>;
}

/** What people and devices said, newest decision first; a cry for help stands on a line of its own. */
export function Reports({ reports, total, hasMore, onMore }: ReportsProps) {
  const { t, coded, clock, number } = useTexts();
  const sorted = [...reports].sort((a, b) => Number(b.own_line) - Number(a.own_line));
  return (
    <section className="card" aria-labelledby="reports-title">
      <h2 id="reports-title">
        {t("incident.reports")} <span className="quiet">{number(total)}</span>
      </h2>
      <ul className="reports">
        {sorted.map((line) => (
          <li key={line.report.id} className={line.own_line ? "own-line" : ""}>
            <p className="report-head">
              <span className="chip">{coded("channel.", line.report.channel)}</span>
              <time dateTime={line.report.event_time}>{clock(line.report.event_time)}</time>
              <span className="quiet">{line.report.source}</span>
              <span className="quiet">{coded("disposition.", line.disposition)}</span>
              {line.report.lane === "life" ? <LaneMark lane="life" /> : null}
              {line.own_line ? <b className="chip claim">{t("incident.reports.ownline")}</b> : null}
              {line.repeats > 1 ? (
                <span className="quiet">{t("incident.reports.repeats", { count: line.repeats - 1 })}</span>
              ) : null}
            </p>
            <blockquote>{line.report.words || "—"}</blockquote>
            <p className="report-foot">
              {line.report.location?.address ? <span className="quiet">{line.report.location.address}</span> : null}
              {line.report.claims.map((claim) => (
                <span key={claim} className="chip claim">
                  {coded("claim.", claim)}
                </span>
              ))}
            </p>
            {line.terms.length === 0 || line.disposition === "opened" ? null : (
              <Disclosure className="terms-of">
                <Button slot="trigger" className="button plain small">
                  {t("incident.reports.why")} · {t("incident.reports.score", { score: number(line.score, 2) })}
                </Button>
                <DisclosurePanel>
                  <Terms terms={line.terms} empty={t("why.empty")} />
                </DisclosurePanel>
              </Disclosure>
            )}
          </li>
        ))}
      </ul>
      {hasMore ? (
        <Button className="button" onPress={() => void onMore()}>
          {t("common.more")}
        </Button>
      ) : null}
    </section>
  );
}
