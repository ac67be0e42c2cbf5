// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { assignmentActs, changesBetween, distanceM, incidentActs, teamChoices } from "../src/logic/acts";
import { assignment, incident, team } from "./rows";

describe("what a person may do", () => {
  it("follows role, state and owner", () => {
    const open = { ...incident(), assignments: [], possible: ["assign", "claim", "close", "release"] };
    expect(incidentActs(open, "me", ["dispatcher"])).toEqual(["assign", "claim", "close"]);
    expect(incidentActs({ ...open, owner: "me" }, "me", ["operator"])).toEqual(["release", "close"]);
    expect(incidentActs({ ...open, owner: "li" }, "me", ["operator"])).toEqual(["close"]);
    expect(incidentActs({ ...open, possible: ["reopen"] }, "me", ["supervisor"])).toEqual(["reopen"]);
    expect(incidentActs(open, "me", ["call_taker"])).toEqual([]);
  });

  it("follows the assignment's state", () => {
    expect(assignmentActs(assignment(), ["front_line"])).toEqual(["accept", "decline"]);
    expect(assignmentActs(assignment({ state: "on_scene" }), ["dispatcher"])).toEqual(["clear", "stand-down"]);
    expect(assignmentActs(assignment({ state: "cleared" }), ["dispatcher"])).toEqual([]);
  });
});

describe("what changed meanwhile", () => {
  it("names the fields a person decides by, and no others", () => {
    const after = incident({ state: "assigned", owner: "li", teams: 1, last_at: "2026-03-01T09:00:00Z", version: 4 });
    expect(changesBetween(incident(), after).map((change) => change.field)).toEqual(["state", "owner", "teams"]);
  });
});

describe("teams to choose from", () => {
  it("puts available ones first, the nearest before others, and hides those off duty", () => {
    const teams = [
      team({ id: "far", lon: 123.1 }),
      team({ id: "busy", lon: 123.0101, state: "on_scene" }),
      team({ id: "near", lon: 123.011 }),
      team({ id: "home", state: "off_duty" }),
      team({ id: "unknown", lat: null, lon: null }),
    ];
    const ids = teamChoices(teams, incident()).map((choice) => choice.team.id);
    expect(ids).toEqual(["near", "far", "unknown", "busy"]);
  });

  it("sends only exercise teams to an exercise, and no others", () => {
    const teams = [team({ id: "real" }), team({ id: "drill", exercise: true })];
    expect(teamChoices(teams, incident({ exercise: true })).map((one) => one.team.id)).toEqual(["drill"]);
    expect(teamChoices(teams, incident()).map((one) => one.team.id)).toEqual(["real"]);
  });

  it("measures on the sphere: a degree of latitude is 111.2 km", () => {
    expect(distanceM({ lat: 30, lon: 123 }, { lat: 31, lon: 123 })).toBeCloseTo(111_195, -1);
  });
});
