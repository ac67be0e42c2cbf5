// SPDX-License-Identifier: Apache-2.0
/** One incident: what is known, why it ranks where it does, who is on it, and what one can do now. */

import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Assignment, IncidentDetail } from "../../api/types";
import { Refusal } from "../../api/client";
import { useTexts } from "../../i18n/language";
import { incidentActs, type AssignmentAct, type IncidentAct } from "../../logic/acts";
import { teamOfAct } from "../../logic/command";
import { go } from "../../ui/address";
import { useHouse, useNames } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { AgeMark, FlagMarks, LaneMark, PriorityMark, StateMark } from "../../ui/marks";
import { problemText } from "../../ui/problem";
import { Terms } from "../../ui/terms";
import { AssignDialog } from "./assign";
import { Assignments } from "./assignments";
import { ClosingDialog, type Asked } from "./closing";
import { Conflict } from "./conflict";
import { History } from "./history";
import { Reports } from "./reports";
import { useAct, type Wish } from "./useact";
import { useDetail, type Told } from "./usedetail";

export function IncidentScreen({ id, act }: { id: string; act: string }) {
  const texts = useTexts();
  const { t } = texts;
  const { detail, reload, more } = useDetail(id);
  const pane = useRef<HTMLElement>(null);
  const back = () => {
    go({ screen: "queue" });
  };
  useKeys({ Escape: back });

  useEffect(() => {
    pane.current?.focus({ preventScroll: true });
  }, []);

  return (
    <article className="incident" ref={pane} tabIndex={-1} aria-busy={detail.state === "loading"}>
      <Button className="button plain back" onPress={back}>
        ← {t("common.back")} <kbd>Esc</kbd>
      </Button>
      {detail.state === "loading" ? <p className="asking">{t("common.loading")}</p> : null}
      {detail.state === "failed" ? (
        <p className="fault" role="alert">
          {detail.fault instanceof Refusal && [403, 404].includes(detail.fault.status)
            ? t("incident.missing")
            : problemText(detail.fault, texts)}
        </p>
      ) : null}
      {detail.state === "known" ? <Known told={detail.told} startAct={act} reload={reload} more={more} /> : null}
    </article>
  );
}

interface KnownProps {
  told: Told;
  startAct: string;
  reload: () => Promise<IncidentDetail>;
  more: () => Promise<void>;
}

/** The same wish on what is true now. */
function renewed(wish: Wish, row: IncidentDetail): Wish {
  if (wish.assignment === undefined) return { ...wish, etag: row.etag };
  const now = row.assignments.find((one) => one.id === wish.assignment);
  return now === undefined ? wish : { ...wish, etag: String(now.version), body: { ...wish.body, fence: now.fence } };
}

type Over = { kind: "nothing" } | { kind: "assign"; team: string } | { kind: "ask"; asked: Asked };

function Known({ told, startAct, reload, more }: KnownProps) {
  const { t, number, clock } = useTexts();
  const { session } = useHouse();
  const names = useNames();
  const row = told.detail;
  const acts = incidentActs(row, session.subject, session.roles);
  const { outcome, act, dismiss } = useAct(reload, row);
  const toAssign = teamOfAct(startAct);
  const opened: Over =
    toAssign !== null && acts.includes("assign") ? { kind: "assign", team: toAssign } : { kind: "nothing" };
  const [over, setOver] = useState<Over>(opened);
  // The command line may name another team while this incident is open.
  const [begun, setBegun] = useState(startAct);
  if (begun !== startAct) {
    setBegun(startAct);
    if (opened.kind === "assign") setOver(opened);
  }
  const close = () => {
    setOver({ kind: "nothing" });
    // So that the same command, given again, opens the dialog again.
    if (toAssign !== null) go({ screen: "incident", id: row.id, act: "" });
  };

  const wishFor = (name: IncidentAct, body: Record<string, unknown> = { reason: "" }): Wish => ({
    path: `/v1/incidents/${row.id}:${name}`,
    body,
    etag: row.etag,
    done: t(`act.done.${name}`),
  });
  const start = (name: IncidentAct) => {
    if (name === "assign") setOver({ kind: "assign", team: "" });
    else if (name === "close" || name === "reopen") setOver({ kind: "ask", asked: { act: name } });
    else void act(wishFor(name));
  };
  const onAssignment = (name: AssignmentAct, assignment: Assignment, body?: Record<string, unknown>) => {
    if (body === undefined && (name === "decline" || name === "clear" || name === "stand-down")) {
      setOver({ kind: "ask", asked: { act: name, assignment } });
      return;
    }
    void act({
      path: `/v1/assignments/${assignment.id}:${name}`,
      body: { reason: "", ...body, fence: assignment.fence },
      etag: String(assignment.version),
      assignment: assignment.id,
      done: t("act.done.other"),
    });
  };
  const claimOrRelease = acts.find((name) => name === "claim" || name === "release");

  // The queue's key for "claim" opens the incident and claims it, once.
  const started = useRef(false);
  useEffect(() => {
    if (started.current || startAct !== "claim") return;
    started.current = true;
    if (claimOrRelease === "claim") void act(wishFor("claim"));
  });
  useKeys({
    ...(acts.includes("assign")
      ? {
          a: () => {
            start("assign");
          },
        }
      : {}),
    ...(claimOrRelease === undefined
      ? {}
      : {
          m: () => {
            start(claimOrRelease);
          },
        }),
  });

  return (
    <>
      <header className={`incident-head q${row.priority}`}>
        <div className="headline">
          <PriorityMark priority={row.priority} long />
          <h1>
            <span className="num">{row.number}</span> {names.type(row.type)}
          </h1>
          <StateMark state={row.state} />
          <AgeMark row={row} />
          <FlagMarks row={row} />
        </div>
        <p className="summary">{row.summary}</p>
        <div className="acts">
          {acts.map((name) => (
            <Button
              key={name}
              className={name === "assign" ? "button primary" : "button"}
              isDisabled={outcome.state === "busy"}
              onPress={() => {
                start(name);
              }}
            >
              {t(`act.${name}`)}
              {name === "assign" ? <kbd>a</kbd> : name === "claim" || name === "release" ? <kbd>m</kbd> : null}
            </Button>
          ))}
          <span role="status" className="done">
            {outcome.state === "done" ? `✓ ${outcome.text}` : ""}
          </span>
        </div>
        <Conflict
          outcome={outcome}
          onDismiss={dismiss}
          onAgain={(wish, key) => {
            // The same wish on what is true now; an unanswered one goes out unchanged, with its key.
            void act(key === undefined ? renewed(wish, row) : wish, key);
          }}
          onOther={() => {
            dismiss();
            start("assign");
          }}
        />
        <dl className="facts">
          <div>
            <dt>{t("incident.place")}</dt>
            <dd>
              {row.address || t("queue.noplace")}
              {row.radius_m > 0 ? (
                <span className="quiet"> {t("incident.radius", { metres: number(row.radius_m) })}</span>
              ) : null}
            </dd>
          </div>
          <div>
            <dt>{t("incident.zone")}</dt>
            <dd>{names.zone(row.zone)}</dd>
          </div>
          <div>
            <dt>{t("incident.owner")}</dt>
            <dd className={row.owner === "" ? "unclaimed" : ""}>
              {row.owner === "" ? t("queue.unclaimed") : row.owner === session.subject ? t("queue.mine") : row.owner}
              {row.owner !== "" && row.claim_until !== null ? (
                <span className="quiet"> {t("incident.claimUntil", { time: clock(row.claim_until) })}</span>
              ) : null}
            </dd>
          </div>
          <div>
            <dt>{t("incident.opened")}</dt>
            <dd>{clock(row.opened_at)}</dd>
          </div>
          <div>
            <dt>{t("incident.last")}</dt>
            <dd>{clock(row.last_at)}</dd>
          </div>
          <div>
            <dt>{t("incident.reports")}</dt>
            <dd>
              {t("queue.reports", { reports: row.reports })}
              <span className="quiet"> {t("queue.sources", { sources: row.sources })}</span>{" "}
              <LaneMark lane={row.lane} />
            </dd>
          </div>
        </dl>
      </header>
      <div className="cards">
        <Assignments assignments={row.assignments} onAct={onAssignment} busy={outcome.state === "busy"} />
        <section className="card" aria-labelledby="reasons-title">
          <h2 id="reasons-title">{t("incident.reasons")}</h2>
          <Terms terms={row.reasons} empty={t("why.empty")} />
        </section>
        <Reports reports={told.reports} total={row.reports} hasMore={told.cursor !== ""} onMore={more} />
        <History lines={told.history} />
      </div>
      {over.kind === "assign" ? (
        <AssignDialog
          team={over.team}
          incident={row}
          onClose={close}
          onAssign={(teamIds, reason) => {
            close();
            void act(wishFor("assign", { team_ids: teamIds, reason }));
          }}
        />
      ) : null}
      {over.kind === "ask" ? (
        <ClosingDialog
          asked={over.asked}
          onClose={close}
          onAnswer={(body) => {
            close();
            if ("assignment" in over.asked) onAssignment(over.asked.act, over.asked.assignment, body);
            else void act(wishFor(over.asked.act, body));
          }}
        />
      ) : null}
    </>
  );
}
