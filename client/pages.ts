import { MatrixResponseError } from "../http/errors/base.ts";
import { isWellFormed } from "../http/validate.ts";

/**
 * Yields the pages of a listing, one request after the other. Ends at a page whose token is missing, `null`, empty, or
 * the same as one before: a server that leads back to an earlier page would otherwise be asked for ever.
 *
 * @param field The field of a page that holds the token of the next one, such as `next_batch`.
 * @param first The token to start from; `undefined` for the first page.
 * @param getPage Requests the page of a token, with all other options the same as before.
 * @returns The pages. Each is requested when the caller is done with the one before it.
 * @throws {MatrixResponseError} If a token is not a string.
 */
export async function* iteratePages<Page extends object, Token extends string>(
  field: keyof Page & string,
  first: Token | undefined,
  getPage: (token: Token | undefined) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<unknown>([first]);
  let token = first;
  while (true) {
    const page = await getPage(token);
    yield page;
    const next: unknown = page[field] ?? "";
    if (next === "" || seen.has(next)) return;
    if (typeof next !== "string" || !isWellFormed(next)) {
      throw new MatrixResponseError(`Invalid \`${field}\` in response: expected string`);
    }
    seen.add(next);
    token = next as Token;
  }
}
