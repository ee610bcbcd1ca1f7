/** What is kept beside the copy: for the login alone, and gone with it. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { eraseOthers, openDatabase } from "../src/keep/database.js";
import { keepPart, loadPart, type Shelf } from "../src/keep/shelf.js";
import { openVault } from "../src/keep/vault.js";
import { readMark } from "../src/mark.js";
import type { PageConfig } from "../src/view.js";

const SALT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const config: PageConfig = { server: "/", site: "s", user: 2, sid: "x1", tokenUrl: "/", markName: "gchat", salt: SALT, mark: null, lang: "en" };
const shelfOf = (more: Partial<PageConfig> = {}): Shelf => ({ config: { ...config, ...more }, openDatabase, openVault, readMark });
const half = (sid: string, secret: string): string => `gchat_life=${sid}.${secret.repeat(22)}; gchat_browser=${sid}.${secret.repeat(22)}`;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("document", { cookie: half("x1", "a") });
});

test("a later page of the login finds what an earlier one kept, and it does not lie there in plain", async () => {
  await keepPart(shelfOf(), "emoji", { tone: 3, used: ["🚀"] });
  expect(await loadPart(shelfOf(), "emoji")).toEqual({ tone: 3, used: ["🚀"] });
  expect(await loadPart(shelfOf(), "other")).toBeUndefined();
  const database = (await openDatabase(true))!;
  const [record] = await database.getAll("copies");
  expect(new TextDecoder().decode(record!.data)).not.toContain("tone");
  database.close();
});

test("another mark, user or login reads nothing of it, and the next login erases it", async () => {
  await keepPart(shelfOf(), "emoji", { tone: 3 });
  vi.stubGlobal("document", { cookie: half("x1", "b") });
  expect(await loadPart(shelfOf(), "emoji")).toBeUndefined();
  vi.stubGlobal("document", { cookie: half("x2", "c") });
  expect(await loadPart(shelfOf({ sid: "x2" }), "emoji")).toBeUndefined();
  const database = (await openDatabase(true))!;
  await eraseOthers(database, { ...config, sid: "x2" });
  expect(await database.count("copies")).toBe(0);
  database.close();
});

test("after the logout nothing is kept, nor where there is no mark or no database", async () => {
  vi.stubGlobal("document", { cookie: `${half("x1", "a")}; gchat_over=x1` });
  await keepPart(shelfOf(), "emoji", { tone: 3 });
  vi.stubGlobal("document", { cookie: half("x1", "a") });
  expect(await loadPart(shelfOf(), "emoji")).toBeUndefined();
  await keepPart({ ...shelfOf(), openDatabase: () => Promise.resolve(undefined) }, "emoji", { tone: 3 });
  expect(await loadPart(shelfOf(), "emoji")).toBeUndefined();
});
