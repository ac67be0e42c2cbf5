// SPDX-License-Identifier: Apache-2.0
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Client } from "./api/client";
import { App } from "./app";
import { LanguageProvider } from "./i18n/language";
import "./style/tokens.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/windows.css";
import "./style/marks.css";
import "./style/shell.css";
import "./style/queue.css";
import "./style/call.css";
import "./style/incident.css";
import "./style/narrow.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <App client={new Client()} />
    </LanguageProvider>
  </StrictMode>,
);
