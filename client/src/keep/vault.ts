/**
 * Encrypts what the browser keeps, with a key made of the page's salt and the host's mark (see mark.ts). The salt alone,
 * which lies in the browser's cache of pages, opens nothing; the mark goes with the logout, and the key with it.
 *
 * AES-GCM, 256 bits, a random IV per record; the record's name is bound in, so that records cannot change places.
 * Must not know what a record holds or where it lies.
 */
import type { PageConfig } from "../view.js";

/** A record as it lies in the database. */
export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

export interface Vault {
  /** Encrypts a JSON value under a name. */
  seal(name: string, value: unknown): Promise<Sealed>;
  /** The value; undefined where this key or name is not the one it was sealed with. */
  open(name: string, sealed: Sealed): Promise<unknown>;
}

/** What keys are made of. */
export type Secrets = Pick<PageConfig, "mark" | "salt">;

/** The part of Crypto that is used: outside a secure context `subtle` is missing. */
export type Cipher = Pick<Crypto, "getRandomValues"> & { subtle?: SubtleCrypto };

/** 32 bytes in unpadded base64url; undefined for anything else. */
export function readSalt(salt: string): Uint8Array<ArrayBuffer> | undefined {
  return /^[A-Za-z0-9_-]{43}$/.test(salt) ? fromBase64(salt.replaceAll("-", "+").replaceAll("_", "/")) : undefined;
}

/** A key of this login for one purpose; undefined without a secure context, without a mark, or with a bad salt. */
export async function deriveKey(
  { mark, salt: text }: Secrets,
  purpose: string,
  cipher: "AES-GCM" | "AES-CTR",
  { subtle }: Cipher,
): Promise<CryptoKey | undefined> {
  const salt = readSalt(text);
  if (mark === null || salt === undefined || subtle === undefined) return undefined;
  const [secret, info] = [new TextEncoder().encode(mark), new TextEncoder().encode(`gchat 2 ${purpose}`)];
  const root = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const way = { name: "HKDF", hash: "SHA-256", salt, info };
  return subtle.deriveKey(way, root, { name: cipher, length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The vault of one purpose and login; undefined where there is no key: nothing is then kept beyond the page. */
export async function openVault(secrets: Secrets, purpose: string, crypto: Cipher): Promise<Vault | undefined> {
  const { subtle } = crypto;
  const key = await deriveKey(secrets, purpose, "AES-GCM", crypto);
  return key === undefined || subtle === undefined ? undefined : vaultOf(key, subtle, crypto);
}

/** A vault of a key that came from elsewhere: 32 bytes. */
export async function vaultOfBytes(bytes: Uint8Array<ArrayBuffer>, crypto: Cipher): Promise<Vault | undefined> {
  const { subtle } = crypto;
  if (subtle === undefined) return undefined;
  const key = await subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  return vaultOf(key, subtle, crypto);
}

function vaultOf(key: CryptoKey, subtle: SubtleCrypto, crypto: Cipher): Vault {
  const text = new TextEncoder();
  return {
    async seal(name, value) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const data = await subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: text.encode(name) },
        key,
        text.encode(JSON.stringify(value)),
      );
      return { iv, data };
    },
    async open(name, { iv, data }) {
      try {
        const plain = await subtle.decrypt({ name: "AES-GCM", iv, additionalData: text.encode(name) }, key, data);
        return JSON.parse(new TextDecoder().decode(plain)) as unknown;
      } catch {
        return undefined;
      }
    },
  };
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Nothing where the text is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
