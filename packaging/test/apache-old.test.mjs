// packaging/apache/gchat.conf as Apache before 2.4.47 reads it: sockets by mod_proxy_wstunnel, in its own old way, which
// knows no limit for silence.
import { behind } from "./behind.mjs";
import { apache } from "./front.mjs";

const old = (text) =>
  text
    .replace("<IfVersion >= 2.4.47>", "<IfVersion < 2>")
    .replace("<IfVersion < 2.4.47>", "<IfVersion >= 2>")
    .replace("KeepAlive On\n", "KeepAlive On\nProxyWebsocketFallbackToProxyHttp Off\n");

behind("Apache before 2.4.47", (daemon) => apache(daemon, old), {});
