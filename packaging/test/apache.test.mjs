// packaging/apache/gchat.conf, in the real Apache, before the real server.
import { behind } from "./behind.mjs";
import { apache } from "./front.mjs";

behind("Apache", apache, {
  impatient: (text) => text.replaceAll(" timeout=120 ", " timeout=5 ").replace("Timeout 30\n", "Timeout 5\n"),
});
