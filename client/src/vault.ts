/**
 * Encrypts what the browser keeps, with a key that the page carries per login and nothing stores: after the logout
 * the copy is unreadable.
 *
 * AES-GCM, 256 bits, a random IV per record; the record's name is bound in, so that records cannot change places.
 * Must not know what a record holds or where it lies.
 */

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

/** 32 bytes in unpadded base64url; undefined for anything else. */
export function readKey(key: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(key)) return undefined;
  return Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/**
 * The vault of one user of one site. undefined without a secure context (no `crypto.subtle`) or with a bad key:
 * nothing is then kept beyond the tab.
 */
export async function openVault(
  key: string,
  owner: string,
  crypto: Pick<Crypto, "getRandomValues"> & { subtle?: SubtleCrypto },
): Promise<Vault | undefined> {
  const bytes = readKey(key);
  const { subtle } = crypto;
  if (bytes === undefined || subtle === undefined) return undefined;
  const text = new TextEncoder();
  const root = await subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  const secret = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: text.encode(`gchat copy 1 ${owner}`) },
    root,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  return {
    async seal(name, value) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const data = await subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: text.encode(name) },
        secret,
        text.encode(JSON.stringify(value)),
      );
      return { iv, data };
    },
    async open(name, { iv, data }) {
      try {
        const plain = await subtle.decrypt({ name: "AES-GCM", iv, additionalData: text.encode(name) }, secret, data);
        return JSON.parse(new TextDecoder().decode(plain)) as unknown;
      } catch {
        return undefined;
      }
    },
  };
}
