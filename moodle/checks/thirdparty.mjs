// What others have written in the built client: told by the source maps, with versions and licences from the client's
// lock file. `node moodle/checks/thirdparty.mjs` writes thirdpartylibs.xml (which Moodle reads) and the licences' texts.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf, PLUGIN, read, ROOT } from "./plugin.mjs";

/** Moodle's page of libraries wants to say where they come from. */
const HOMES = {
  "@lit/reactive-element": "https://github.com/lit/lit",
  "emojibase-data": "https://github.com/milesj/emojibase",
  idb: "https://github.com/jakearchibald/idb",
  linkifyjs: "https://github.com/nfrasser/linkifyjs",
  "lit-element": "https://github.com/lit/lit",
  "lit-html": "https://github.com/lit/lit",
  marked: "https://github.com/markedjs/marked",
};

/** `[{name, version, license, location, repository}, …]`, by name. */
export function bundled() {
  const lock = JSON.parse(read("client/package-lock.json")).packages;
  const found = new Map();
  for (const path of filesOf("moodle/block_gchat/js").filter((one) => one.endsWith(".map"))) {
    for (const source of JSON.parse(read(path)).sources) {
      // client/emoji.mjs has made these files of that package.
      const name = source.includes("/client/emoji/") ? "emojibase-data" : /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
      if (name === undefined || found.has(name)) continue;
      const { version, license } = lock[`node_modules/${name}`];
      if (HOMES[name] === undefined) throw new Error(`${name} is new in the client: add its home to ${import.meta.filename}`);
      const location = path.replace("moodle/block_gchat/", "").replace(/\.map$/, "");
      found.set(name, { name, version, license, location, repository: HOMES[name] });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** thirdpartylibs.xml. */
export const declaration = (libraries) => `<?xml version="1.0"?>
<libraries>
${libraries
  .map(
    ({ name, version, license, location, repository }) => `  <library>
    <location>${location}</location>
    <name>${name}</name>
    <description>Bundled by esbuild; the licence's text is in LICENSES-thirdparty.txt.</description>
    <version>${version}</version>
    <license>${license}</license>
    <repository>${repository}</repository>
  </library>
`,
  )
  .join("")}</libraries>
`;

/** The head of a library's part in the file of licences. */
export const title = ({ name, version, license }) => `${name} ${version} (${license})`;

function licences(libraries) {
  const parts = libraries.map((library) => {
    const text = readFileSync(join(ROOT, "client/node_modules", library.name, "LICENSE"), "utf8");
    const clean = text.replaceAll("\t", "    ").replace(/[ \r]+$/gm, "").trim();
    return `${title(library)}\n${"=".repeat(title(library).length)}\n\n${clean}\n`;
  });
  return `The built client in js/ has parts of these libraries.\n\n${parts.join("\n\n")}`;
}

if (process.argv[1] === import.meta.filename) {
  const libraries = bundled();
  writeFileSync(join(PLUGIN, "thirdpartylibs.xml"), declaration(libraries));
  writeFileSync(join(PLUGIN, "LICENSES-thirdparty.txt"), licences(libraries));
}
