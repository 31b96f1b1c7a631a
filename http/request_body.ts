/** A body that is ready to be sent. */
export interface JSONBody {
  /** The text of it; `undefined` where there is none or it is raw bytes. */
  readonly text: string | undefined;
  /** What `fetch` gets. */
  readonly data: string | Blob | Uint8Array<ArrayBuffer> | undefined;
  /** Its content type, where it is ours to say. */
  readonly contentType: string | undefined;
}

/**
 * Makes a request body: JSON of a value; strings and bytes as they are; `{}` for what is missing or empty.
 *
 * @param method The HTTP method; a GET has no body.
 * @param body The caller's body.
 * @param contentType The caller's own content type.
 * @param once Whether the body must not be sent twice.
 * @throws {TypeError} If the body is no JSON value, or an object is to be sent as something else.
 */
export function jsonBody(
  method: string,
  body: unknown,
  contentType: string | undefined,
  once: boolean,
): JSONBody {
  if (method === "GET") return { text: undefined, data: undefined, contentType: undefined };
  const data = bytesOf(body);
  if (data !== undefined && data.length > 0) {
    return { text: undefined, data: once ? new Blob([data]) : data, contentType: "application/octet-stream" };
  }
  const text = data !== undefined || isEmpty(body)
    ? "{}"
    : typeof body === "string"
    ? body
    : stringify(body, contentType);
  // Some hosts send the body of a POST again, unasked, when a pooled connection dies; a Blob is sent once.
  return { text, data: once ? new Blob([text]) : text, contentType: "application/json" };
}

/** The bytes of a buffer or a view of one, not copied; `undefined` for anything else. */
export function bytesOf(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (!ArrayBuffer.isView(body)) return undefined;
  return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
}

function isEmpty(body: unknown): boolean {
  if (body === undefined || body === null || body === "") return true;
  if (typeof body !== "object") return false;
  if (Array.isArray(body)) return body.length === 0;
  for (const key in body) if (Object.hasOwn(body, key)) return false;
  // Of these JSON shows nothing, though there may be something in them; forms can say toJSON() on some hosts.
  const kind = Object.prototype.toString.call(body).slice(8, -1);
  const speaks = "toJSON" in body && kind !== "FormData" && kind !== "URLSearchParams";
  if (kind !== "Object" && !speaks) throw new TypeError(`Cannot send a ${kind} as JSON`);
  return !speaks;
}

function stringify(body: unknown, contentType: string | undefined): string {
  if (contentType !== undefined && !/^application\/(?:[^;]+\+)?json\s*(?:;|$)/i.test(contentType)) {
    throw new TypeError(
      "Cannot send an object as anything but JSON: give a string or bytes with this content type",
    );
  }
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) throw new TypeError(`Cannot send a ${typeof body} as JSON`);
  return text;
}
