/** A page with a group, for the tests that have one: what the server says there, and what the page was told. */
import type { Member, Message, RosterContact, Server } from "../src/net/protocol.js";
import type { Update } from "../src/view.js";
import { type Browser, eachInFreshBrowser, emptyHistory, GROUP, group, live, message } from "./browser.js";
import type { Page } from "./browser.js";
import { settled } from "./stage.js";

let browser: Browser;

/** Of this test. */
export const fresh = (): Browser => browser;

export function inFreshBrowsers(): void {
  eachInFreshBrowser((next) => {
    browser = next;
  });
}

export const of = <K extends Update["kind"]>(page: Page, kind: K) => page.updates.filter((update): update is Extract<Update, { kind: K }> => update.kind === kind);
export const person = (id: number, name: string): RosterContact => ({ id, name, picture: null, profile_url: null, role: "student" });
export const face = (id: number, name: string) => ({ id, name, picture: null, profileUrl: null });
export const member = (id: number, name: string, over: Partial<Member> = {}): Member => ({ id, name, picture: null, profile_url: null, status: "offline", ...over });
export const roster = (...contacts: RosterContact[]): Server<"roster"> => ({ type: "roster", circle: "c7", version: 1, total: contacts.length, contacts });
export const dock = (...windows: Server<"dock">["windows"]) => ({ dock: { version: 1, windows } });
export const system = (seq: number, what: NonNullable<Message["system"]>, sender = 3): Message =>
  message(seq, { sender, text: null, system: what, client_message_id: `0199f1ca-4c11-7d20-b1a2-${String(seq).padStart(12, "0")}` });
export const says = async (page: Page, changed: Message): Promise<void> => {
  page.socket.says(live({ ...changed, sent_at: fresh().clock.now() }, GROUP));
  await settled();
};
export const named = (page: Page) => page.last("people")?.people.map(({ name }) => name);
/** A page with an open group and no messages. */
export const talking = async (over: Parameters<Page["online"]>[0] = {}, ...given: Parameters<Browser["page"]>): Promise<Page> => {
  const page = await fresh().page(...given);
  emptyHistory(await page.online({ ...dock(group()), ...over }));
  await settled();
  return page;
};
export const members = async (page: Page, ...them: Member[]): Promise<void> => {
  const { request, conversation } = page.socket.of("members").at(-1)!;
  page.socket.says({ type: "members", request, conversation, total: them.length, members: them });
  await settled();
};
export const refusal = (id: string, code: string, over: Partial<Server<"error">> = {}): Server<"error"> => ({ type: "error", code, message: "…", final: true, id, ...over });
