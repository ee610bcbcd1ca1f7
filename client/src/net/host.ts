/**
 * What is asked of the host, with the page's cookies: one `POST`, and what its answer means beside what it holds. Reads the
 * answers of a plain host and those of Moodle's AJAX service alike. Never leads the page anywhere.
 */
import type { Clock } from "../clock.js";
import type { StopReason } from "./protocol.js";
import type { PageConfig } from "../view.js";

const TIMEOUT_MS = 20_000;

export type HostAnswer =
  /** The call's own data, or the errorcode that came in its place. */
  | { data: unknown; errorcode: unknown }
  /** The host cannot just now; `retryAfter` in ms where it said so. `busy`: it was asked too often. `unheard`: it may not have heard. */
  | { later: true; retryAfter: number | null; busy?: true; unheard?: true }
  | { stop: StopReason };

/** `body`: JSON; null: an empty one. */
export async function askHost(fetcher: typeof fetch, clock: Clock, url: string, body: string | null): Promise<HostAnswer> {
  const abort = new AbortController();
  const cancel = clock.after(TIMEOUT_MS, () => {
    abort.abort();
  });
  try {
    const answer = await fetcher(url, {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      // A host that has forgotten the login sends to its login page: that is an answer, not a way to go.
      redirect: "manual",
      headers: { Accept: "application/json", ...(body === null ? {} : { "Content-Type": "application/json" }) },
      body,
      signal: abort.signal,
    });
    return refusalOf(answer) ?? dataOf(await answer.json());
  } catch {
    return { later: true, retryAfter: null, unheard: true };
  } finally {
    cancel();
  }
}

/** The address for a call that is nobody's deed: the host may let the login end meanwhile. */
export function idleUrl({ tokenIdle = null }: PageConfig, url: string): string {
  return tokenIdle === null ? url : `${url}${url.includes("?") ? "&" : "?"}${tokenIdle}`;
}

/** A field of what may be an object. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/**
 * A plain host's object; of Moodle's lib/ajax/service.php one answer a call, `[{"data": {}}]` or
 * `[{"exception": {"errorcode"}}]`, and `{"errorcode"}` where it failed before the call.
 */
function dataOf(body: unknown): HostAnswer {
  const answer = Array.isArray(body) ? (body[0] as unknown) : body;
  const errorcode = field(field(answer, "exception") ?? answer, "errorcode");
  const stop = ERRORCODES.get(errorcode);
  return stop === undefined ? { data: field(answer, "data") ?? answer, errorcode } : { stop };
}

/** What Moodle's errorcodes mean; every other one: later. */
const ERRORCODES: ReadonlyMap<unknown, StopReason> = new Map([
  ["servicerequireslogin", "logged_out"],
  ["requireloginerror", "logged_out"],
  // Somebody is logged in, but not with the login that this page is from: signing in is not what helps.
  ["invalidsesskey", "outdated"],
  ["sitepolicynotagreed", "site_first"],
  ["forcepasswordchangenotice", "site_first"],
  ["usernotfullysetup", "site_first"],
  // Instead of a redirect: to a second factor, for one.
  ["redirecterrordetected", "site_first"],
  ["nochat", "not_allowed"],
]);

/** What an HTTP answer means that holds nothing of ours. */
function refusalOf(answer: Response): HostAnswer | undefined {
  if (answer.type === "opaqueredirect" || answer.status === 401) return { stop: "logged_out" };
  if (answer.status >= 300 && answer.status < 400) return { stop: "logged_out" };
  if (answer.status === 403) return { stop: "not_allowed" };
  if (answer.status === 429 || answer.status >= 500 || answer.status === 408) {
    const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
    const retryAfter = Number.isFinite(seconds) ? Math.min(seconds, 600) * 1000 : null;
    return { later: true, retryAfter, ...(answer.status === 429 ? { busy: true } : {}) };
  }
  if (!answer.ok) return { stop: "refused" };
  // A login page with status 200.
  if (answer.headers.get("Content-Type")?.includes("html") === true) return { stop: "logged_out" };
  return undefined;
}
