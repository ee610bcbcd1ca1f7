// A plugin's own PHP, without a Moodle: it signs for a host and calls its server.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";

const RUN = join(import.meta.dirname, "plugin", "run.php");

/** Runs calls with the plugin in `folder`, for the host of `embedding`; `inner`: the server's address for calls. */
export async function plugin(folder, embedding, calls, inner = `${embedding.url}/gchat/`) {
  const { url, site, kid, key } = embedding;
  const code = `gchat1.${Buffer.from(JSON.stringify({ url: `${url}/gchat/`, site, kid, key })).toString("base64url")}`;
  const child = spawn("php", ["-d", "xdebug.mode=off", "-d", "display_errors=stderr", RUN, folder], { stdio: "pipe" });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (texts[name] += text));
  child.stdin.on("error", () => {}).end(JSON.stringify({ code, inner, wwwroot: url, calls }));
  const [ended] = await once(child, "close");
  if (ended !== 0) throw new Error(`php ended with ${ended}; it needs php-cli and php-curl:\n${texts.stderr}${texts.stdout}`);
  return JSON.parse(texts.stdout);
}

/** The API of today's server as one of then: `then` is asked of each call and of each answer. */
export async function apiOfThen(embedding, then) {
  const http = createServer(async (incoming, outgoing) => {
    let body = "";
    for await (const part of incoming) body += part;
    const { method, url, headers } = incoming;
    then.call(method, url, body);
    const { host: _, "content-length": __, ...onward } = headers;
    const answer = await fetch(`${embedding.url}/gchat${url}`, { method, headers: onward, ...(body === "" ? {} : { body }) });
    const text = JSON.stringify(then.answer(method, url, answer.status, await answer.json()));
    outgoing.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  return { url: `http://127.0.0.1:${http.address().port}/`, close: () => http.close() };
}
