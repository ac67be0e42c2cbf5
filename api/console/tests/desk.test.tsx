// SPDX-License-Identifier: Apache-2.0
import { screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { AssignDialog } from "../src/screens/incident/assign";
import { Conflict } from "../src/screens/incident/conflict";
import type { Outcome, Wish } from "../src/screens/incident/useact";
import { WaitingStrip } from "../src/screens/queue/waiting";
import { view } from "../src/logic/freeze";
import { stage } from "./house";
import { incident, team } from "./rows";

const WISH: Wish = { path: "/v1/incidents/i1:claim", body: { reason: "" }, etag: "1", done: "Claimed" };

describe("the assign dialog", () => {
  const teams = [
    team({ id: "engine-1", name_en: "Engine 1" }),
    team({ id: "engine-2", name_en: "Engine 2", state: "en_route" }),
    team({ id: "boat-1", name_en: "Boat 1", kind: "boat", skills: ["water_rescue"] }),
  ];

  function dialog() {
    const onAssign = vi.fn();
    const staged = stage((hub) => {
      hub.rows.merge([], teams);
      return <AssignDialog incident={incident()} onClose={() => undefined} onAssign={onAssign} />;
    });
    return { ...staged, onAssign };
  }

  it("sends the first free team that fits, by keys alone, with the reason", async () => {
    const { user, onAssign } = dialog();
    await user.keyboard("engine{Enter}");
    expect(screen.getByRole("button", { name: /^Assign 1 team/ })).toBeEnabled();
    await user.type(screen.getByRole("textbox", { name: "Reason" }), "nearest");
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(onAssign).toHaveBeenCalledExactlyOnceWith(["engine-1"], "nearest");
  });

  it("offers no team that is on its way elsewhere", async () => {
    const { user, onAssign } = dialog();
    const busy = screen.getByRole("option", { name: /^Engine 2/ });
    expect(busy).toHaveAttribute("aria-disabled", "true");
    await user.click(busy);
    expect(screen.getByRole("button", { name: /^Assign/ })).toBeDisabled();
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(onAssign).not.toHaveBeenCalled();
  });

  it("sends several teams to one incident", async () => {
    const { user, onAssign } = dialog();
    await user.click(screen.getByRole("option", { name: /^Engine 1/ }));
    await user.click(screen.getByRole("option", { name: /^Boat 1/ }));
    await user.click(screen.getByRole("button", { name: /^Assign 2 teams/ }));
    expect(onAssign).toHaveBeenCalledExactlyOnceWith(["engine-1", "boat-1"], "");
  });
});

describe("the panels when somebody was faster", () => {
  function panel(outcome: Outcome) {
    const told = { onDismiss: vi.fn(), onAgain: vi.fn(), onOther: vi.fn() };
    return { ...stage(() => <Conflict outcome={outcome} {...told} />), ...told };
  }

  it("shows what changed under a stale decision and makes it again only when asked", async () => {
    const { user, onAgain } = panel({
      state: "conflict",
      code: "version-conflict",
      text: "It changed meanwhile.",
      changes: [{ field: "state", before: "new", after: "triaged" }],
      wish: WISH,
    });
    const alert = screen.getByRole("alert");
    expect(within(alert).getByText("New").tagName).toBe("DEL");
    expect(within(alert).getByText("Triaged").tagName).toBe("INS");
    expect(onAgain).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Do it all the same" }));
    expect(onAgain).toHaveBeenCalledExactlyOnceWith(WISH);
  });

  it("offers other teams, and not the same wish, when the team is taken", async () => {
    const text = "Engine 1 is taken: li sent it to incident 7.";
    const { user, onOther } = panel({ state: "conflict", code: "team-taken", text, changes: [], wish: WISH });
    expect(screen.getByRole("alert")).toHaveTextContent(text);
    expect(screen.queryByRole("button", { name: "Do it all the same" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Choose other teams" }));
    expect(onOther).toHaveBeenCalledOnce();
  });

  it("sends an unanswered wish again with its own key", async () => {
    const { user, onAgain } = panel({ state: "failed", text: "No answer came.", again: WISH, key: "k1" });
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(onAgain).toHaveBeenCalledExactlyOnceWith(WISH, "k1");
  });
});

describe("the strip over a list that stands still", () => {
  function strip(live: string[], held: string[] | null) {
    const onShow = vi.fn();
    const onOpen = vi.fn();
    const staged = stage((hub) => {
      hub.rows.merge([
        incident({ id: "a", number: 1, priority: 3 }),
        incident({ id: "b", number: 2, priority: 1, address: "South Quay" }),
        incident({ id: "c", number: 3, priority: 4 }),
      ]);
      return (
        <WaitingStrip held={held !== null} view={view(live, held)} rows={hub.rows} onShow={onShow} onOpen={onOpen} />
      );
    });
    return { ...staged, onShow, onOpen };
  }

  it("follows while nobody reads", () => {
    strip(["a", "b"], null);
    expect(screen.getByRole("status")).toHaveTextContent("Rows follow what happens");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("counts what waits, and a P1 has a way of its own", async () => {
    const { user, onShow, onOpen } = strip(["b", "a", "c"], ["a"]);
    expect(screen.getByRole("status")).toHaveTextContent("2 new, 1 of them P1");
    await user.click(screen.getByRole("button", { name: /P1 waiting: 2 Fire, South Quay/ }));
    expect(onOpen).toHaveBeenCalledExactlyOnceWith("b");
    await user.click(screen.getByRole("button", { name: /^Show/ }));
    expect(onShow).toHaveBeenCalledOnce();
  });

  it("says that the order changed when nothing is new", () => {
    strip(["c", "a"], ["a", "c"]);
    expect(screen.getByRole("status")).toHaveTextContent("The order has changed");
  });
});
