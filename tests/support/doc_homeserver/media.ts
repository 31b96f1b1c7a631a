/** The media repository. */
import { type Call, Fault, type Json, refuseMissing, type Routes, SERVER } from "./route.ts";

interface Medium {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
  fileName?: string;
}

/** A PNG of one transparent pixel. */
const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="),
  (letter) => letter.charCodeAt(0),
);
const PIXEL: Medium = { bytes: PNG, type: "image/png", fileName: "pixel.png" };
const LIMIT = 50 * 1024 * 1024;

/** The routes under `/media`. */
export class Media {
  readonly #media = new Map<string, Medium>();
  #count = 0;

  async #upload(call: Call): Promise<Json> {
    const { request, params, query } = call;
    const id = params.mediaId ?? `media${++this.#count}`;
    if (this.#media.has(id)) throw new Fault(409, "M_CANNOT_OVERWRITE_MEDIA", "Media already uploaded");
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > LIMIT) throw new Fault(413, "M_TOO_LARGE", "Upload is too large");
    this.#media.set(id, {
      bytes,
      type: request.headers.get("content-type") ?? "application/octet-stream",
      fileName: query.get("filename") ?? undefined,
    });
    return { content_uri: `mxc://${SERVER}/${id}` };
  }

  #download({ params }: Call): Response {
    const id = params.mediaId ?? "";
    refuseMissing(id, "Media");
    const { bytes, type, fileName } = this.#media.get(id) ?? PIXEL;
    const name = params.fileName ?? fileName;
    return new Response(bytes, {
      headers: {
        "content-type": type,
        "content-length": String(bytes.length),
        "content-disposition": name === undefined
          ? "inline"
          : `inline; filename*=utf-8''${encodeURIComponent(name)}`,
      },
    });
  }

  #thumbnail({ params }: Call): Response {
    refuseMissing(params.mediaId ?? "", "Media");
    return new Response(PNG, {
      headers: { "content-type": "image/png", "content-length": String(PNG.length) },
    });
  }

  #preview({ query }: Call): Json {
    return {
      "og:title": "An example",
      "og:description": `The page at ${query.get("url")}`,
      "og:image": `mxc://${SERVER}/preview`,
      "og:image:type": "image/png",
      "matrix:image:size": PNG.length,
    };
  }

  routes(): Routes {
    const one = "{serverName}/{mediaId}";
    const routes: Routes = {
      "POST /_matrix/media/v3/upload": (call) => this.#upload(call),
      [`PUT /_matrix/media/v3/upload/${one}`]: (call) => this.#upload(call),
      "POST /_matrix/media/v1/create": () => ({
        content_uri: `mxc://${SERVER}/media${++this.#count}`,
        unused_expires_at: Date.UTC(2030, 0, 1),
      }),
    };
    for (const base of ["/_matrix/client/v1/media", "/_matrix/media/v3"]) {
      routes[`GET ${base}/config`] = () => ({ "m.upload.size": LIMIT });
      routes[`GET ${base}/preview_url`] = (call) => this.#preview(call);
      routes[`GET ${base}/download/${one}`] = (call) => this.#download(call);
      routes[`GET ${base}/download/${one}/{fileName}`] = (call) => this.#download(call);
      routes[`GET ${base}/thumbnail/${one}`] = (call) => this.#thumbnail(call);
    }
    return routes;
  }
}
