// SPDX-License-Identifier: Apache-2.0
import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { assignAct, completions, parseAssign, teamOfAct } from "../src/logic/command";
import { formatAddress, parseAddress } from "../src/logic/route";
import { AssignDialog } from "../src/screens/incident/assign";
import { Palette } from "../src/screens/palette";
import type { Role } from "../src/api/types";
import { stage } from "./house";
import { incident, team } from "./rows";

const TEAMS = [
  team({ id: "engine-1", name_en: "Engine 1", lon: 123.09 }),
  team({ id: "engine-10", name_en: "Engine 10", name_zh: "消防车10号", lon: 123.01 }),
  team({ id: "engine-2", name_en: "Engine 2", name_zh: "消防车2号", state: "on_scene" }),
  team({ id: "boat-1", name_en: "Boat 1", name_zh: "冲锋舟1号", lon: 123.05 }),
];

describe("the command line", () => {
  it.each([
    ["assign 14 to Engine 3", "14", "Engine 3"],
    ["  Assign #14 Engine 3 ", "14", "Engine 3"],
    ["assign 14", "14", ""],
    ["assign 14 to", "14", ""],
    ["assign 14 tower", "14", "tower"],
    ["派14给消防车3号", "14", "消防车3号"],
    ["派单 14 消防车3号", "14", "消防车3号"],
    ["派 14 给 消防车3号", "14", "消防车3号"],
  ])("reads %j", (typed, number, named) => {
    expect(parseAssign(typed)).toEqual({ number, team: named });
  });

  it.each(["", "14", "assign", "assign to Engine 3", "assign14", "assign 14x", "assignment 14", "派单", "teams"])(
    "takes %j for no assignment",
    (typed) => {
      expect(parseAssign(typed)).toBeNull();
    },
  );

  it("puts the exact name before a nearer team, and offers none that is busy", () => {
    const ids = (typed: string, most = 9) => completions(typed, TEAMS, incident(), most).map(({ id }) => id);
    expect(ids("engine 1")).toEqual(["engine-1", "engine-10"]);
    expect(ids("engine")).toEqual(["engine-10", "engine-1"]);
    expect(ids("1", 2)).toHaveLength(2);
    expect(ids("冲锋")).toEqual(["boat-1"]);
    expect(ids("engine 2")).toEqual([]);
  });

  it("carries the team through the address", () => {
    const hash = formatAddress({ screen: "incident", id: "i1", act: assignAct("a:b&c") });
    const { route } = parseAddress(hash);
    expect(route.screen === "incident" ? teamOfAct(route.act) : null).toBe("a:b&c");
    expect(["assign", "claim", ""].map(teamOfAct)).toEqual(["", null, null]);
  });
});

describe("the palette", () => {
  function palette(roles: readonly Role[] = ["dispatcher"]) {
    const onClose = vi.fn();
    const staged = stage(
      (hub) => {
        hub.rows.merge([incident({ id: "i14", number: 14 })], TEAMS);
        return <Palette onClose={onClose} onHelp={() => undefined} changeTheme={() => undefined} />;
      },
      undefined,
      { roles },
    );
    return { ...staged, onClose };
  }

  beforeEach(() => {
    window.location.hash = "";
  });

  it("completes an assignment and opens the dialog with that team", async () => {
    const { user, onClose, asked } = palette();
    await user.keyboard("assign 14 to engine 1");
    const shown = screen.getAllByRole("menuitem").map((item) => item.textContent);
    expect(shown).toEqual(["Assign Engine 1 to incident 14…", "Assign Engine 10 to incident 14…"]);
    await user.click(screen.getByRole("menuitem", { name: /Engine 1 to/ }));
    expect(onClose).toHaveBeenCalledOnce();
    expect(parseAddress(window.location.hash).route).toEqual({ screen: "incident", id: "i14", act: "assign:engine-1" });
    expect(asked.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("offers to look an incident up that it does not hold", async () => {
    const { user } = palette();
    await user.keyboard("assign 99 to engine 1");
    expect(screen.getAllByRole("menuitem").map((item) => item.textContent)).toEqual(["Open incident 99"]);
  });

  it("offers no assignment to who may not assign", async () => {
    const { user } = palette(["call_taker"]);
    await user.keyboard("assign 14 to engine 1");
    expect(screen.getAllByRole("menuitem").map((item) => item.textContent)).toEqual(["Nothing fits"]);
  });
});

describe("the assign dialog opened with a team", () => {
  function dialog(teamId: string) {
    const onAssign = vi.fn();
    const staged = stage((hub) => {
      hub.rows.merge([], TEAMS);
      return <AssignDialog incident={incident()} team={teamId} onClose={() => undefined} onAssign={onAssign} />;
    });
    return { ...staged, onAssign };
  }

  it("has it chosen, and sends only when told", async () => {
    const { user, onAssign } = dialog("engine-1");
    expect(screen.getByRole("option", { name: /^Engine 1 ?/, selected: true })).toBeInTheDocument();
    expect(onAssign).not.toHaveBeenCalled();
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(onAssign).toHaveBeenCalledExactlyOnceWith(["engine-1"], "");
  });

  it.each(["engine-2", "nobody"])("chooses none where %s is busy or unknown", (teamId) => {
    dialog(teamId);
    expect(screen.getByRole("button", { name: /^Assign/ })).toBeDisabled();
  });
});
