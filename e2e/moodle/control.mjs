// A running site and those who use it from other processes: they find it by its folder, do what needs no owner
// themselves, and ask the process that runs it to start and stop the chat server.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Site } from "./site.mjs";

const DEEDS = ["start", "kill", "close"];

/** Lets other processes use this site. Gives what ends that. */
export async function share(site) {
  const server = createServer(async (incoming, answer) => {
    try {
      const deed = incoming.url.slice(1);
      if (!DEEDS.includes(deed)) throw new Error(`there is no '${deed}'`);
      await site.chat[deed]();
      answer.end();
    } catch (error) {
      answer.writeHead(500).end(String(error?.stack ?? error));
    }
  });
  server.listen(join(site.path, "control"));
  await once(server, "listening");
  const { path, url, tree, title, code, data, database, chat } = site;
  const told = { path, url, tree, title, code, data, database: { name: database.name, options: database.options }, port: chat.port };
  writeFileSync(join(path, "site.json"), JSON.stringify(told, null, 2));
  return () => server.close();
}

/** The site that runs in another process, by the folder which that has named. */
export function attach(path) {
  const { port, ...told } = JSON.parse(readFileSync(join(path, "site.json"), "utf8"));
  const site = Object.assign(new Site(), told);
  site.chat = { port };
  for (const deed of DEEDS) site.chat[deed] = () => ask(join(path, "control"), deed);
  return site;
}

async function ask(socketPath, deed) {
  const asked = request({ socketPath, path: `/${deed}`, method: "POST" }).end();
  const [answer] = await once(asked, "response");
  const said = (await answer.toArray()).join("");
  if (answer.statusCode !== 200) throw new Error(said);
}
