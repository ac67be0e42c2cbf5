// SPDX-License-Identifier: Apache-2.0
import type { AuditLine } from "../../api/types";
import { useTexts } from "../../i18n/language";

/** What the audit holds: when, who, what, and why if somebody said so. */
export function History({ lines }: { lines: readonly AuditLine[] }) {
  const { t, clock, coded } = useTexts();
  return (
    <section className="card" aria-labelledby="history-title">
      <h2 id="history-title">{t("incident.history")}</h2>
      {lines.length === 0 ? <p className="quiet">{t("incident.history.none")}</p> : null}
      <ol className="history">
        {lines.map((line, index) => (
          <li key={`${line.at}-${index}`}>
            <time dateTime={line.at}>{clock(line.at)}</time>
            <span>
              <b>{coded("audit.", line.action, line.action.replaceAll("_", " "))}</b>{" "}
              <span className="quiet">{line.actor}</span>
              {line.reason === undefined || line.reason === "" ? null : <span className="block">{line.reason}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
