// SPDX-License-Identifier: Apache-2.0
/** The SharedWorker: hands every tab's port to the one exchange. */

import { Exchange } from "./exchange";
import type { Said } from "./messages";

const exchange = new Exchange({ url: "/v1/feed?kinds=incident,team,assignment" });

addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0];
  if (port === undefined) return;
  port.addEventListener("message", (message: MessageEvent<Said>) => {
    exchange.take(port, message.data);
  });
  port.start();
});
