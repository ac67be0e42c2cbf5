// SPDX-License-Identifier: Apache-2.0
import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { CallScreen } from "../src/screens/call/call";
import { stage, type Answer, type Asked } from "./house";

const ACCEPTED = {
  id: "r1",
  status: "accepted",
  lane: "life",
  zone: "xizha",
  type: "fire",
  claims: ["fire"],
  href: "/v1/reports/r1",
};

function door(first: Answer) {
  let sent = 0;
  return (asked: Asked): Answer => {
    if (asked.path === "/v1/reports") return sent++ === 0 ? first : { status: 202, body: ACCEPTED };
    if (asked.path.startsWith("/v1/places")) return { status: 200, body: { items: [] } };
    return { status: 404, body: { code: "not-found" } };
  };
}

const sends = (asked: readonly Asked[]) => asked.filter((one) => one.path === "/v1/reports");

describe("the call form", () => {
  it("begins with the words and sends them with one key", async () => {
    const { user, asked } = stage(() => <CallScreen />, door({ status: 202, body: ACCEPTED }));
    const words = screen.getByRole("textbox", { name: "What the caller says" });
    expect(words).toHaveFocus();
    expect(screen.getByRole("button", { name: /Send/ })).toBeDisabled();
    await user.type(words, "Smoke from the roof");
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(sends(asked)).toHaveLength(1);
    expect(sends(asked)[0]?.body).toEqual({ channel: "phone", language: "en", description: "Smoke from the roof" });
    expect(sends(asked)[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("keeps the words and the key when no answer came", async () => {
    const { user, asked } = stage(() => <CallScreen />, door("silence"));
    await user.type(screen.getByRole("textbox", { name: "What the caller says" }), "Smoke");
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(await screen.findByText(/Nothing is lost/)).toBeVisible();
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => {
      expect(sends(asked)).toHaveLength(2);
    });
    const keys = sends(asked).map((one) => one.headers.get("Idempotency-Key"));
    expect(keys[0]).toBe(keys[1]);
  });

  it("says at its field what the house refuses, and tries again with a fresh key", async () => {
    const refusal = {
      code: "invalid-value",
      detail: "reporter.phone: is no number",
      errors: [{ path: "reporter.phone", reason: "is no number", code: "malformed" }],
    };
    const { user, asked } = stage(() => <CallScreen />, door({ status: 422, body: refusal }));
    await user.type(screen.getByRole("textbox", { name: "What the caller says" }), "Smoke");
    const phone = screen.getByRole("textbox", { name: "Call-back number" });
    await user.type(phone, "x");
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(await screen.findByText("is no number")).toBeVisible();
    expect(phone).toBeInvalid();
    await user.clear(phone);
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => {
      expect(sends(asked)).toHaveLength(2);
    });
    const keys = sends(asked).map((one) => one.headers.get("Idempotency-Key"));
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("speaks Chinese", () => {
    stage(() => <CallScreen />, door("silence"), { language: "zh" });
    expect(screen.getByRole("button", { name: /发送|提交/ })).toBeVisible();
  });
});
