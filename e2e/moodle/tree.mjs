// A Moodle to install: a copy of somebody's tree, with nothing in it but Moodle.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { folder, run, WEB } from "./process.mjs";

/**
 * Copies `source` to `target`, without its config.php and without plugins that Moodle does not bring itself.
 * Gives `{root, web, release, branch}`: `web` is what the web server shows, another folder than `root` since 5.1.
 */
export async function copyTree(source, target) {
  const webOf = (root) => (existsSync(join(root, "public", "version.php")) ? join(root, "public") : root);
  if (!existsSync(join(webOf(source), "version.php"))) throw new Error(`no Moodle at ${source}: MOODLE_DIR names its root folder`);
  folder(target, WEB);
  await run(["cp", "-a", "--reflink=auto", "--no-preserve=ownership", `${source}/.`, target]);
  // The copy took the folder's owner over with its content.
  folder(target, WEB);
  if (WEB !== null) await run(["chown", WEB, target]);
  const web = webOf(target);
  rmSync(join(target, "config.php"), { force: true });
  const removed = strays(target, web);
  for (const path of removed) rmSync(join(web, path), { recursive: true });
  const version = readFileSync(join(web, "version.php"), "utf8");
  const said = (name) => new RegExp(`^\\$${name}\\s*=\\s*'([^']+)'`, "m").exec(version)?.[1];
  return { root: target, web, name: basename(source), release: said("release").replace(/ .*/, ""), branch: Number(said("branch")), removed };
}

/** The plugins that lib/plugins.json does not name, below the web root. */
function strays(root, web) {
  const read = (name) => JSON.parse(readFileSync([root, web].map((one) => join(one, "lib", name)).find(existsSync), "utf8"));
  const { standard } = read("plugins.json");
  const found = [];
  for (const [type, path] of Object.entries(read("components.json").plugintypes)) {
    const at = path.replace(/^\/?(public\/)?/, "");
    if (standard[type] === undefined || !existsSync(join(web, at))) continue;
    for (const { name } of readdirSync(join(web, at), { withFileTypes: true }).filter((one) => one.isDirectory())) {
      if (!standard[type].includes(name) && existsSync(join(web, at, name, "version.php"))) found.push(join(at, name));
    }
  }
  return found;
}
