// SPDX-License-Identifier: Apache-2.0
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The house a developer's own console talks to. */
const house = process.env["WEIRHOUSE_URL"] ?? "http://127.0.0.1:8420";

export default defineConfig({
  plugins: [react(), { ...optimizeLocales.vite({ locales: ["en-US", "zh-CN"] }), enforce: "pre" }],
  build: {
    target: ["chrome123", "edge123", "firefox120", "safari17.5"],
    // The content-security policy allows files of our own origin only: nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(["/v1", "/auth", "/dev-issuer"].map((path) => [path, house])),
  },
  test: {
    environment: "jsdom",
    setupFiles: ["tests/setup.ts"],
    include: ["tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
