import { stringField } from "../../types/json.ts";
import { MatrixRequestError } from "./base.ts";

/**
 * Thrown if an OAuth 2.0 authorization server refuses a request, or sends the user back with an error.
 *
 * `status` is 400 if the error came with the redirect to the client, which has no status of its own.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export class MatrixOAuthError extends MatrixRequestError {
  /** The name of the class. */
  static override get name(): string {
    return "MatrixOAuthError";
  }

  /** The error code, such as `invalid_grant` or `access_denied`. */
  get error(): string {
    return stringField(this.body, "error") ?? "";
  }

  /** The server's explanation for developers, or `undefined`. */
  get errorDescription(): string | undefined {
    return stringField(this.body, "error_description");
  }

  /** A page about the error, or `undefined`. */
  get errorUri(): string | undefined {
    return stringField(this.body, "error_uri");
  }
}

/**
 * Returns the OAuth error that a 4xx response of an authorization server describes. A response with an `errcode` is
 * Matrix's own and describes none.
 *
 * @param error The error of the request.
 * @returns The OAuth error, or the same error if it is not one.
 */
export function asOAuthError(error: unknown): unknown {
  if (!(error instanceof MatrixRequestError) || error.status < 400 || error.status > 499) return error;
  const code = stringField(error.body, "error");
  if (code === undefined || stringField(error.body, "errcode") !== undefined) return error;
  const { status, body, retryAfter, method, path } = error;
  const description = stringField(body, "error_description");
  const message = `Cannot ${method} ${path}: ${code} ${status}${description ? `: ${description}` : ""}`;
  return new MatrixOAuthError(message, { status, body, retryAfter, method, path });
}
