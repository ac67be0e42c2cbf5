// SPDX-License-Identifier: Apache-2.0
// Writes src/api/openapi.ts from the API's OpenAPI document, before lint and types are checked: what drifted fails there.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../../docs/openapi.json", import.meta.url);
const target = fileURLToPath(new URL("../src/api/openapi.ts", import.meta.url));
const document = JSON.parse(readFileSync(source, "utf8"));
const types = astToString(await openapiTS(document, { defaultNonNullable: false }));

writeFileSync(target, `// SPDX-License-Identifier: Apache-2.0\n// Made by \`npm run types\`; do not edit.\n${types}`);
