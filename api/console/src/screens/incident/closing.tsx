// SPDX-License-Identifier: Apache-2.0
/** What an act needs said with it: a closing code, a reason. */

import { useState } from "react";
import { Button, Form, Input, Label, ListBox, ListBoxItem, TextField } from "react-aria-components";
import type { Assignment } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { useHouse } from "../../ui/house";
import { Window } from "../../ui/window";

export type Asked = { act: "close" | "reopen" } | { act: "decline" | "clear" | "stand-down"; assignment: Assignment };

interface ClosingDialogProps {
  asked: Asked;
  onClose: () => void;
  onAnswer: (body: Record<string, unknown>) => void;
}

export function ClosingDialog({ asked, onClose, onAnswer }: ClosingDialogProps) {
  const { t, labelled } = useTexts();
  const { city } = useHouse();
  const [code, setCode] = useState("");
  const [reason, setReason] = useState("");
  const needsCode = asked.act === "close" || asked.act === "clear";
  const needsReason = asked.act === "decline" || asked.act === "reopen";
  const ready = (!needsCode || code !== "") && (!needsReason || reason.trim() !== "");
  return (
    <Window title={t(`act.${asked.act}`)} onClose={onClose}>
      <Form
        className="closing"
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready) return;
          onAnswer(needsCode ? { closing_code: code, reason: reason.trim() } : { reason: reason.trim() });
        }}
      >
        {needsCode ? (
          <ListBox
            className="list"
            aria-label={t("act.closing")}
            items={city.closing_codes}
            selectionMode="single"
            selectedKeys={code === "" ? [] : [code]}
            autoFocus="first"
            onSelectionChange={(keys) => {
              setCode(keys === "all" ? "" : String([...keys][0] ?? ""));
            }}
          >
            {(one) => (
              <ListBoxItem className="option" id={one.id} textValue={labelled(one)}>
                {labelled(one)}
              </ListBoxItem>
            )}
          </ListBox>
        ) : null}
        <TextField
          className="field"
          value={reason}
          onChange={setReason}
          isRequired={needsReason}
          maxLength={500}
          autoFocus={!needsCode}
        >
          <Label>{t("act.reason")}</Label>
          <Input className="input" />
        </TextField>
        <div className="acts end">
          <Button className="button" onPress={onClose}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" className="button primary" isDisabled={!ready}>
            {t(`act.${asked.act}`)}
          </Button>
        </div>
      </Form>
    </Window>
  );
}
