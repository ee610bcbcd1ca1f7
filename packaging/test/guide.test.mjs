// docs/admin-guide.md speaks only of what there is: files, commands, options, settings, and words of the plugin.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { Place, REPOSITORY, repository } from "./place.mjs";

const guide = repository("docs/admin-guide.md");
const blocks = [...guide.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
const inline = [...guide.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);

/** GitHub's name for a heading. */
const anchor = (heading) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");

describe("the administrator's guide", () => {
  let place;

  before(() => {
    place = Place.make();
  });

  it("has commands that a shell can read", () => {
    assert.ok(blocks.length > 10, "where are the commands?");
    for (const block of blocks) {
      const { status, stderr } = spawnSync("sh", ["-n"], { input: block, encoding: "utf8" });
      assert.equal(status, 0, `${stderr} in:\n${block}`);
    }
  });

  it("names files and recipes that exist", () => {
    const named = new Set([...guide.matchAll(/\bpackaging\/[\w./-]+\w/g)].map(([path]) => path));
    assert.ok(named.size >= 6, [...named].join(" "));
    for (const path of named) assert.ok(existsSync(join(REPOSITORY, path)), `there is no ${path}`);
    for (const [, recipe] of blocks.join("").matchAll(/^make ([\w-]+)/gm)) {
      assert.match(repository("Makefile"), new RegExp(`^${recipe}:`, "m"), `there is no make ${recipe}`);
    }
    const release = /\$plugin->release = '([^']+)'/.exec(repository("moodle/block_gchat/version.php"))[1];
    for (const [zip] of guide.matchAll(/block_gchat-[\d.]+\.zip/g)) assert.equal(zip, `block_gchat-${release}.zip`);
  });

  it("names commands and options that gchat has", () => {
    // Where `gchat` is the command: at a line's start, or after `runuser … --`.
    const commands = [...blocks.join("\n").split("\n"), ...inline]
      .map((line) => /^(?:runuser -u gchat -- )?gchat ([a-z].*)$/.exec(line)?.[1])
      .filter((words) => words !== undefined)
      .map((words) => words.split(" "));
    assert.ok(commands.length > 8, "where are the commands?");
    for (const words of commands) {
      const subcommands = words.slice(0, 2).filter((word) => /^[a-z]+$/.test(word));
      const help = place.run(...subcommands, "--help");
      const usage = /Usage: gchat (.*)/.exec(help)[1];
      assert.ok(usage.startsWith(subcommands.join(" ")), `gchat ${subcommands.join(" ")}: ${usage}`);
      for (const option of words.filter((word) => word.startsWith("--"))) {
        assert.ok(new RegExp(`${option}\\b`).test(help), `gchat ${subcommands.join(" ")} has no ${option}`);
      }
    }
  });

  it("gives settings that the server takes, and names no others", () => {
    const settings = /<<'END'\n([\s\S]*?)END\n/.exec(guide)[1];
    assert.match(settings, /"\/var\/lib\/gchat\//);
    // Its folder is made a step before, on a machine of its own.
    const file = place.write("/etc/gchat/guide.toml", settings.replace("/var/lib/gchat", place.at("/var/lib/gchat")));
    assert.match(place.run("config", "check", "--config", file), /fine/);
    const keys = new Set([...place.run("config", "template").matchAll(/^#?([a-z_]+) =/gm)].map(([, key]) => key));
    for (const key of ["listen", "public_url", "trusted_proxies", "heartbeat_ms"]) {
      assert.ok(guide.includes(key) && keys.has(key), key);
    }
    assert.ok(guide.includes("127.0.0.1:8787") && keys.has("listen"));
  });

  it("quotes the plugin word for word", () => {
    const strings = repository("moodle/block_gchat/lang/en/block_gchat.php");
    const said = [...guide.matchAll(/^\| “([^”]+)” \|/gm)].map(([, words]) => words);
    assert.ok(said.length > 10, "where is the table?");
    for (const words of said) assert.ok(strings.includes(words), `the plugin does not say “${words}”`);
    for (const name of ["Connection code", "Connection test", "Inner address", "On every page", "People online"]) {
      assert.ok(strings.includes(`= '${name}';`) && guide.includes(`*${name}*`), name);
    }
  });

  it("says what is lost where the site has no https, and where new people find the list", () => {
    assert.match(guide, /the site is on \*\*plain http\*\*, [^.]*drafts and unsent messages do not survive a change of page/);
    assert.match(guide, /Boost[^.]*\*\*that drawer is closed\*\*/);
    assert.match(guide, /\*Open block drawer\*/);
  });

  it("has links that lead somewhere", () => {
    const anchors = new Set([...guide.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading)));
    for (const [, target] of guide.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith("#")) assert.ok(anchors.has(target.slice(1)), `there is no heading for ${target}`);
      else assert.ok(existsSync(join(REPOSITORY, "docs", target)), `there is no ${target}`);
    }
    assert.ok(repository("README.md").includes("docs/admin-guide.md"), "README.md does not lead here");
  });
});
