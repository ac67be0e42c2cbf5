// SPDX-License-Identifier: Apache-2.0
// Writes src/api/openapi.ts from the API's own OpenAPI document; with --check it only compares, and fails on drift.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const target = fileURLToPath(new URL("../src/api/openapi.ts", import.meta.url));
const own = `${root}.venv/bin/python`;
const program = `
import json
from api.app import create_app
from weirhouse.settings import Settings
print(json.dumps(create_app(Settings(postgres_url="postgresql://nowhere")).openapi(), sort_keys=True))
`;

const answer = execFileSync(existsSync(own) ? own : "python3", ["-c", program], { cwd: root, encoding: "utf8" });
const document = JSON.parse(answer);
// Versions and prose change without changing a type.
document.info.version = "0";
const types = `// SPDX-License-Identifier: Apache-2.0\n// Made by \`npm run types\`; do not edit.\n${astToString(await openapiTS(document, { defaultNonNullable: false }))}`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, types);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== types) {
  console.error("src/api/openapi.ts differs from the API's document: run `npm run types` and look at what changed");
  process.exit(1);
}
