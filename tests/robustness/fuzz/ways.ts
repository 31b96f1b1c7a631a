/** Ways to make a call that are more than a method with its arguments. */
import { type Client, ClientAPI, type LoginOptions } from "../../../client/mod.ts";

/** Adds to options, unless they are none. */
export function optionsWith(options: unknown, more: object): unknown {
  if (options === undefined) return more;
  return typeof options === "object" && !Array.isArray(options) ? { ...options, ...more } : options;
}

/** Logs in and does something that needs what the answer said. */
export async function loginAndGoOn(client: Client, [options]: unknown[]): Promise<unknown> {
  const answer = await client.login(options as LoginOptions);
  await client.setTyping("!room:example.org");
  return answer;
}

/** Reads three pages. */
export async function pages(client: Client, args: unknown[]): Promise<unknown> {
  const result: unknown[] = [];
  for await (const page of client.iterateMessages(...args as Parameters<ClientAPI["iterateMessages"]>)) {
    result.push(page);
    if (result.length === 3) break;
  }
  return result;
}

export async function uploadLater(client: Client, [data, options]: unknown[]): Promise<unknown> {
  let transfer: Promise<void> | undefined;
  const onTransfer = (promise: Promise<void>) => transfer = promise;
  const given = optionsWith(options, { asyncUpload: true, onTransfer });
  const uri = await client.uploadMedia(data as string, given as object);
  await transfer;
  return uri;
}

export async function stream(client: Client, args: unknown[]): Promise<unknown> {
  const { body, ...head } = await client.streamMedia(...args as Parameters<ClientAPI["streamMedia"]>);
  const { length } = await new Response(body).bytes();
  return { ...head, length };
}

export async function discover(client: Client, [domain, options]: unknown[]): Promise<unknown> {
  const { fetch } = client as unknown as { fetch: typeof globalThis.fetch };
  const given = optionsWith(options, { fetch });
  return await ClientAPI.discover(domain as string, given as object);
}
