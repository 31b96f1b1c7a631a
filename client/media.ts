import { checkGiven, given } from "../http/validate.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import type { UploadOptions } from "../http/http_api.ts";
import { isJsonObject } from "../http/json_object.ts";
import type { RequestOptions } from "../http/options.ts";
import { checkIdentifier } from "../http/path.ts";
import { required } from "../http/response_fields.ts";
import type { StreamResponse } from "../http/download.ts";
import type { UploadData } from "../http/upload/body.ts";
import { checkUploadCall } from "../http/upload/call.ts";
import type { ContentURI } from "../types/identifiers.ts";
import type { MediaCreateResponse, MediaRepoConfig, MXOpenGraph } from "../types/media.ts";
import { unlessEmpty } from "./answers.ts";
import { type EndpointInput, refuseTimestamp } from "./base.ts";
import type {
  DownloadMediaOptions,
  DownloadThumbnailOptions,
  GetUrlPreviewOptions,
  UploadMediaOptions,
} from "./media_options.ts";
import { onMediaPath, readBytes, streamContent } from "./media_paths.ts";
import { checkPlace, describe, plainOptions, transferContent, uploadToPlace } from "./media_transfer.ts";
import { PushMethods } from "./push.ts";

export type * from "./media_options.ts";

/** The media repository. */
export abstract class MediaMethods extends PushMethods {
  /**
   * Makes a place for content that is uploaded later, with the option `mxc` of `uploadMedia()`. The homeserver gives it
   * up if nothing comes.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create
   * @param options Request options.
   * @returns The answer as it stood on the wire: the place as `content_uri`.
   * @throws {MLimitExceeded} If there are too many places that nothing has been uploaded to.
   * @throws {MatrixResponseError} If the answer holds no place.
   */
  async createMxc(options?: RequestOptions): Promise<MediaCreateResponse> {
    const answer = await this.request<MediaCreateResponse>("POST", "/_matrix/media/v1/create", options);
    required(answer, "content_uri");
    return answer;
  }

  /**
   * Uploads content. Where its size is known it is never held in memory; a stream of unknown size is collected first,
   * because homeservers want to know how much will come. Some break the connection where it is more than they take: with
   * the `m.upload.size` of `getMediaRepoConfig()` as `maxSize` that is found out here.
   *
   * A POST without `mxc` is not sent again after a lost connection, and a stream of known size is never sent twice: a
   * function that makes the content lets the retries of `retry` happen. `deadline` limits the time from one piece to the
   * next.
   *
   * @example Up and down
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const url = await client.uploadMedia("Hello", { mimeType: "text/plain", filename: "hello.txt" });
   * const { contentType, fileName, body } = await client.streamMedia(url);
   * assertEquals([contentType, fileName], ["text/plain", "hello.txt"]);
   * assertEquals(await new Response(body).text(), "Hello");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav3upload
   * @param data The content, or a function that makes it anew for every attempt.
   * @param options Request options; type, name and size of the content, its place, and whether to wait until it is there.
   * @returns The content's URI.
   * @throws {MTooLarge} If the homeserver does not take so much.
   * @throws {MCannotOverwriteMedia} If there is something at `mxc` already, from an earlier attempt perhaps.
   * @throws {FileTooLargeError} If there is more than `maxSize`.
   * @throws {RangeError} If a stream gives more or less than `size`.
   * @throws {TypeError} If the content is nothing that can be sent, or `mxc` goes together with `asyncUpload`.
   * @throws {SyntaxError} If `mxc` is no content URI.
   */
  async uploadMedia(data: UploadData, options?: UploadMediaOptions): Promise<ContentURI> {
    const { mxc, asyncUpload, filename, size, mimeType, onTransfer, ...rest } = given(options);
    checkGiven("string", { filename, mimeType });
    refuseTimestamp(rest, "uploads have no `ts` parameter");
    const place = mxc ?? undefined;
    const upload: UploadOptions = {
      ...rest,
      // Of a stream, 0 says that nothing will come; of what has a size of its own, it says nothing.
      size: size === 0 && !hasSize(data) ? 0 : unlessEmpty(size),
      mimeType: unlessEmpty(mimeType),
      params: { filename: unlessEmpty(filename ?? ownName(data)) },
    };
    if (asyncUpload) {
      if (place !== undefined) {
        throw new TypeError("Cannot upload: asyncUpload and mxc can't be provided simultaneously");
      }
      return await this.#uploadLater(data, upload, onTransfer);
    }
    if (place === undefined) {
      const route = "/_matrix/media/v3/upload";
      const answer = await this.api.upload<{ content_uri: ContentURI }>("POST", route, data, upload);
      return required(answer, "content_uri");
    }
    await uploadToPlace(this.api, place, data, upload);
    return place;
  }

  /**
   * Downloads content as a stream, which keeps memory constant.
   *
   * The client's `versions()` tell under which path the homeserver has it. Redirects are followed, beyond the homeserver
   * without the token.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
   * @param url The content's URI.
   * @param options Request options and bounds. `deadline` limits the wait for the head, then for each chunk.
   * @returns Type, file name, size and headers as the server says, and the body, which has to be read to its end or
   * cancelled. Others have uploaded it: neither its type nor its name can be trusted.
   * @throws {MNotFound} If there is no such content.
   * @throws {MNotYetUploaded} If it did not come in time.
   * @throws {FileTooLargeError} If there is more than `maxSize`; from the body, if the server did not say so before.
   * @throws {SyntaxError} If the URI is no content URI.
   * @throws {RangeError} If `timeoutMs` or `maxSize` cannot be one.
   */
  async streamMedia(url: ContentURI, options?: DownloadMediaOptions): Promise<StreamResponse> {
    return await streamContent(this, "download", url, options);
  }

  /**
   * Downloads content into memory. `streamMedia()` tells type and name too.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
   * @param url The content's URI.
   * @param options Request options and bounds: what others have uploaded may be large.
   * @returns The content.
   * @throws {MNotFound} If there is no such content.
   * @throws {MNotYetUploaded} If it did not come in time.
   * @throws {FileTooLargeError} If there is more than `maxSize`.
   * @throws {MatrixConnectionError} If the connection is lost on the way.
   * @throws {MatrixResponseError} If there is less than the server has promised.
   * @throws {SyntaxError} If the URI is no content URI.
   * @throws {RangeError} If `timeoutMs` or `maxSize` cannot be one.
   */
  async downloadMedia(url: ContentURI, options?: DownloadMediaOptions): Promise<Uint8Array<ArrayBuffer>> {
    return await readBytes(await streamContent(this, "download", url, options));
  }

  /**
   * Downloads a small picture of content, or of about the size that is asked for, into memory.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediathumbnailservernamemediaid
   * @param url The content's URI.
   * @param options Request options, bounds, and what picture to get.
   * @returns The picture, a PNG or JPEG mostly.
   * @throws {MNotFound} If there is no such content.
   * @throws {MatrixRequestError} If the homeserver cannot make such a picture, or was not told `width` and `height`.
   * @throws {MatrixError} As {@linkcode MediaMethods.prototype.downloadMedia} does.
   * @throws {SyntaxError} If the URI is no content URI.
   * @throws {RangeError} If `timeoutMs` or `maxSize` cannot be one.
   */
  async downloadThumbnail(
    url: ContentURI,
    options?: DownloadThumbnailOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { width, height, resizeMethod, animated } = given(options);
    checkGiven("number", { width, height });
    checkGiven("string", { resizeMethod });
    const params = { width, height, method: resizeMethod, animated };
    return await readBytes(
      await streamContent(this, "thumbnail", url, options, params),
    );
  }

  /**
   * Lets the homeserver look at a page. It learns of the URL: nothing for encrypted rooms.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
   * @param url The page's URL.
   * @param options Request options, with the time that the page is wanted from as `timestamp`.
   * @returns What the page says about itself; an empty object if that is nothing.
   * @throws {MatrixResponseError} If the answer is no object.
   * @throws {TypeError} If the URL is empty.
   */
  async getUrlPreview(url: string | URL, options?: GetUrlPreviewOptions): Promise<MXOpenGraph> {
    const params = { url: asciiUrl(checkIdentifier("URL", url instanceof URL ? url.href : url)) };
    const answer = await this.#get("preview_url", options, { params, takesTimestamp: true });
    if (isJsonObject(answer)) return answer as MXOpenGraph;
    throw new MatrixResponseError("Invalid MXOpenGraph in response.");
  }

  /**
   * Gets what the media repository allows.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediaconfig
   * @param options Request options.
   * @returns The answer as it stood on the wire. Without `m.upload.size` the largest upload is unknown.
   * @throws {MatrixResponseError} If the answer is no object, or the size no number.
   */
  async getMediaRepoConfig(options?: RequestOptions): Promise<MediaRepoConfig> {
    const answer = await this.#get("config", options);
    if (isJsonObject(answer) && typeof (answer["m.upload.size"] ?? 0) === "number") {
      return answer as MediaRepoConfig;
    }
    throw new MatrixResponseError("Invalid MediaRepoConfig in response");
  }

  async #get(what: string, options: RequestOptions | undefined, input?: EndpointInput): Promise<unknown> {
    if (!input?.takesTimestamp) {
      refuseTimestamp(given(options), `GET …/media/${what} has no \`ts\` parameter`);
    }
    return await onMediaPath(this, options, (present) => {
      const prefix = present ? "/_matrix/client/v1/media" : "/_matrix/media/v3";
      return this.request("GET", `${prefix}/${what}`, options, input);
    });
  }

  async #uploadLater(
    data: UploadData,
    upload: UploadOptions,
    onTransfer: UploadMediaOptions["onTransfer"],
  ): Promise<ContentURI> {
    // Content that cannot be sent needs no place.
    checkUploadCall(data, upload);
    const place = await this.createMxc(plainOptions(upload));
    const mxc = checkPlace(place);
    const transfer = transferContent(this.api, place, data, upload);
    transfer.catch((error) => {
      if (!onTransfer) this.log.error(`Cannot upload ${mxc}: ${describe(error)}`);
    });
    onTransfer?.(transfer);
    return mxc;
  }
}

/** Makes a URL of ASCII, where that is needed: homeservers take no other. */
function asciiUrl(url: string): string {
  return /[^\0-\x7f]/.test(url) && URL.canParse(url) ? new URL(url).href : url;
}

function hasSize(data: UploadData): boolean {
  return typeof data === "string" || data instanceof Blob || data instanceof ArrayBuffer ||
    ArrayBuffer.isView(data);
}

/** The name that content has by itself. Other things with names, files that a host has opened by path, tell too much. */
function ownName(data: UploadData): string | undefined {
  return data instanceof File ? data.name : undefined;
}
