// Signed tokens in, people out: the same tokens that gchat takes (protocol/README.md, "The user token").
import { createHmac, timingSafeEqual } from "node:crypto";

const SKEW_S = 30;

/**
 * Who the token's bearer is: `{ user, name, picture, courses }`, `courses` a Map of course to role.
 * Throws where the token is not good now.
 */
export function verify(token, key) {
  const [head, claims, signature, ...rest] = token.split(".");
  if (signature === undefined || rest.length > 0) throw new Error("not a token");
  const { alg } = JSON.parse(Buffer.from(head, "base64url").toString());
  if (alg !== "HS256") throw new Error("another algorithm");
  const right = createHmac("sha256", key).update(`${head}.${claims}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("a wrong signature");
  const said = JSON.parse(Buffer.from(claims, "base64url").toString());
  const now = Date.now() / 1000;
  if (said.aud !== "gchat" || said.exp + SKEW_S < now || said.nbf - SKEW_S > now) throw new Error("not now");
  if (!said.rights.includes("chat")) throw new Error("no right to chat");
  const user = Number(said.sub);
  if (!Number.isSafeInteger(user) || user < 1) throw new Error("nobody");
  return { user, name: said.name, picture: said.picture, courses: new Map(said.circles.map((c) => [c.id, c.role])) };
}
