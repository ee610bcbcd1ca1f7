// packaging/caddy/gchat.conf, in the real Caddy where there is one, before the real server.
import { spawnSync } from "node:child_process";
import { behind } from "./behind.mjs";
import { caddy } from "./front.mjs";

const missing = spawnSync("caddy", ["version"]).status !== 0;
behind("Caddy", caddy, { skip: missing && "Caddy is not installed" });
