// packaging/nginx/gchat.conf, in the real nginx, before the real server.
import { behind } from "./behind.mjs";
import { nginx } from "./front.mjs";
import { replaced } from "./place.mjs";

behind("nginx", nginx, { impatient: (text) => replaced(text, "proxy_read_timeout 120s", "proxy_read_timeout 5s") });
