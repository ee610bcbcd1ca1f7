// A port for a server of a test's own.
import { createServer } from "node:net";

/** Below those that the system gives to whoever connects: one of those may be taken before the server has it. */
const [FIRST, LAST] = [10_000, 32_000];

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
