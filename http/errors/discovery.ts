import { MatrixResponseError } from "./base.ts";

/**
 * Finding the homeserver of a server name failed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#well-known-uri
 */
export class WellKnownError extends MatrixResponseError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownError";
}

/** The well-known file was answered with a status that is neither 200 nor 404. */
export class WellKnownUnexpectedStatus extends WellKnownError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownUnexpectedStatus";
  /** HTTP status of the answer. */
  readonly status: number;

  /**
   * Makes an error.
   *
   * @param status HTTP status of the answer.
   * @param options Its cause.
   */
  constructor(status: number, options?: ErrorOptions) {
    super(`Unexpected status code ${status} when fetching .well-known file`, options);
    this.status = status;
  }
}

/** The well-known file is not JSON. */
export class WellKnownNotJSON extends WellKnownError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownNotJSON";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super(".well-known response was not JSON", options);
  }
}

/** The well-known file names no homeserver. */
export class WellKnownMissingHomeserver extends WellKnownError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownMissingHomeserver";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("No homeserver found in .well-known response", options);
  }
}

/** The homeserver's address in the well-known file is no URL. */
export class WellKnownNotURL extends WellKnownError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownNotURL";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("Homeserver base URL in .well-known response was not a valid URL", options);
  }
}

/** The homeserver's address in the well-known file is neither http nor https. */
export class WellKnownUnsupportedScheme extends WellKnownError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownUnsupportedScheme";
  /** The scheme, without a colon. */
  readonly scheme: string;

  /**
   * Makes an error.
   *
   * @param scheme The scheme, without a colon.
   * @param options Its cause.
   */
  constructor(scheme: string, options?: ErrorOptions) {
    super(`URL in .well-known response has unsupported scheme ${scheme}`, options);
    this.scheme = scheme;
  }
}

/** What answers at the homeserver's address in the well-known file is no homeserver. */
export class WellKnownInvalidVersionsResponse extends WellKnownError {
  /** Name of the class. */
  static override readonly name: string = "WellKnownInvalidVersionsResponse";

  /**
   * Makes an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("URL in .well-known response didn't respond to versions endpoint properly", options);
  }
}
