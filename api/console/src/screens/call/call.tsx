// SPDX-License-Identifier: Apache-2.0
/** Taking a call: one column, words first, everything by keyboard; what is nearby stands beside it. */

import { useEffect, useReducer, useRef, type KeyboardEvent, type SubmitEvent } from "react";
import {
  Button,
  CheckboxButton,
  CheckboxField,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField,
} from "react-aria-components";
import type { Accepted } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { fieldOf, keepCall, keptCall, maySend, reportBody, step, type CallField } from "../../logic/call";
import { freshKey } from "../../logic/keys";
import { suggestType } from "../../logic/suggest";
import { go } from "../../ui/address";
import { useHouse } from "../../ui/house";
import { useKeys, type KeyMap } from "../../ui/keys";
import { isProblem } from "../../ui/problem";
import { Outcome } from "./accepted";
import { Nearby } from "./nearby";
import { PlaceField } from "./place";
import { TypeField } from "./type";
import { useNearby } from "./usenearby";

export function CallScreen() {
  const { t, coded, language } = useTexts();
  const { client, types } = useHouse();
  const [call, dispatch] = useReducer(step, null, () => keptCall(sessionStorage));
  const words = useRef<HTMLTextAreaElement>(null);
  const { draft, sending } = call;
  const nearby = useNearby(draft);
  const suggestion = draft.type === "" ? suggestType(draft.words, types, nearby.items) : null;
  const busy = sending.state === "sending" || sending.state === "accepted";

  useEffect(() => {
    keepCall(sessionStorage, call);
  }, [call]);
  useEffect(() => {
    if (sending.state === "writing") words.current?.focus();
    // Each new call begins with its words; corrections stay where they are made.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [call.key]);

  const inFlight = useRef(false);
  const send = async () => {
    // The reducer knows too, but two Enters can fall into one frame.
    if (inFlight.current || !maySend(call)) return;
    inFlight.current = true;
    dispatch({ kind: "send" });
    try {
      const answer = await client.post<Accepted>("/v1/reports", reportBody(draft, language), { key: call.key });
      dispatch({ kind: "accepted", answer });
    } catch (fault) {
      if (!isProblem(fault)) throw fault;
      dispatch({ kind: "failed", fault, key: freshKey() });
    } finally {
      inFlight.current = false;
    }
  };
  const next = () => {
    dispatch({ kind: "next", key: freshKey() });
  };
  const join = (index: number) => {
    const row = nearby.items[index];
    if (row === undefined) return;
    dispatch({
      kind: "edit",
      change: { joins: draft.joins?.id === row.id ? null : { id: row.id, number: row.number } },
    });
  };
  const takeSuggestion = () => {
    if (suggestion !== null) dispatch({ kind: "edit", change: { type: suggestion.type.id } });
  };

  const numbers = Array.from({ length: 9 }, (_, index): [string, () => void] => [
    `Alt+Digit${index + 1}`,
    () => {
      join(index);
    },
  ]);
  const keys: KeyMap = {
    ...Object.fromEntries(numbers),
    "Alt+KeyL": () => {
      dispatch({ kind: "edit", change: { lifeSafety: !draft.lifeSafety } });
    },
    "Alt+KeyS": takeSuggestion,
    "Ctrl+enter": () => {
      if (sending.state === "accepted") next();
      else void send();
    },
    Escape: () => {
      go({ screen: "queue" });
    },
    ...(sending.state === "accepted" ? { Enter: next } : {}),
  };
  useKeys(keys);

  const errors = sending.state === "refused" ? sending.errors : [];
  const errorOf = (field: CallField) =>
    errors
      .filter((error) => fieldOf(error.path) === field)
      .map((error) => error.reason)
      .join(" ");

  if (sending.state === "accepted") return <Outcome answer={sending.answer} onNext={next} />;
  return (
    <div className="call">
      <form
        className="call-form"
        aria-labelledby="call-title"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void send();
        }}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key === "Enter" && event.repeat) event.preventDefault();
        }}
      >
        <h1 id="call-title">{t("call.title")}</h1>
        <TextField
          className="field"
          value={draft.words}
          onChange={(value) => {
            dispatch({ kind: "edit", change: { words: value } });
          }}
          isInvalid={errorOf("words") !== ""}
          isReadOnly={busy}
          maxLength={10_000}
        >
          <Label>{t("call.words")}</Label>
          <TextArea ref={words} className="input words" rows={4} autoFocus />
          <Text slot="description">{t("call.words.hint")}</Text>
          <FieldError>{errorOf("words")}</FieldError>
        </TextField>

        <PlaceField
          draft={draft}
          error={errorOf("place")}
          onChange={(change) => {
            dispatch({ kind: "edit", change });
          }}
        />

        <TypeField
          value={draft.type}
          error={errorOf("type")}
          onChange={(type) => {
            dispatch({ kind: "edit", change: { type } });
          }}
          suggestion={suggestion}
          onTake={takeSuggestion}
        />

        <TextField
          className="field"
          type="tel"
          value={draft.phone}
          onChange={(value) => {
            dispatch({ kind: "edit", change: { phone: value } });
          }}
          isInvalid={errorOf("phone") !== ""}
          isReadOnly={busy}
          maxLength={32}
          autoComplete="off"
        >
          <Label>{t("call.phone")}</Label>
          <Input className="input" inputMode="tel" />
          <Text slot="description">{t("call.phone.hint")}</Text>
          <FieldError>{errorOf("phone")}</FieldError>
        </TextField>

        <CheckboxField
          isSelected={draft.lifeSafety}
          isReadOnly={busy}
          onChange={(value) => {
            dispatch({ kind: "edit", change: { lifeSafety: value } });
          }}
        >
          <CheckboxButton className="check life">
            <span className="box" aria-hidden="true" />
            <span>
              <b>{t("call.life")}</b> <kbd>Alt L</kbd>
              <span className="quiet block">{t("call.life.hint")}</span>
            </span>
          </CheckboxButton>
        </CheckboxField>

        <div role="alert" className="outcome">
          {sending.state === "unknown" ? <p className="fault">{t("call.unknown")}</p> : null}
          {sending.state === "refused" ? (
            <p className="fault">
              {t("call.refused")}: {coded("problem.", sending.code, sending.detail)}
              {[errorOf("form"), errorOf("joins")].filter(Boolean).map((text) => (
                <span key={text} className="block">
                  {text}
                </span>
              ))}
            </p>
          ) : null}
        </div>
        <div className="send">
          <Button type="submit" className="button primary large" isPending={busy} isDisabled={!maySend(call) && !busy}>
            {busy ? t("call.sending") : t("call.send")} <kbd>Ctrl Enter</kbd>
          </Button>
          {draft.joins === null ? null : (
            <span className="chip join">{t("call.near.joined", { number: draft.joins.number })}</span>
          )}
        </div>
      </form>
      <Nearby nearby={nearby} joins={draft.joins?.id ?? ""} onJoin={join} />
    </div>
  );
}
