import { MatrixResponseError } from "./base.ts";

/**
 * Thrown if the homeserver of a server name cannot be discovered.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#well-known-uri
 */
export class WellKnownError extends MatrixResponseError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownError";
  }
}

/** Thrown if the response to the request for the well-known document has a status other than 200 and 404. */
export class WellKnownUnexpectedStatus extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownUnexpectedStatus";
  }
  /** The HTTP status of the response. */
  readonly status: number;

  /**
   * Creates an error.
   *
   * @param status The HTTP status of the response.
   * @param options The cause.
   */
  constructor(status: number, options?: ErrorOptions) {
    super(`Unexpected status code ${status} when fetching .well-known file`, options);
    this.status = status;
  }
}

/** Thrown if the well-known document is not JSON. */
export class WellKnownNotJSON extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownNotJSON";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super(".well-known response was not JSON", options);
  }
}

/** Thrown if the well-known document contains no homeserver. */
export class WellKnownMissingHomeserver extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownMissingHomeserver";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("No homeserver found in .well-known response", options);
  }
}

/** Thrown if the homeserver's base URL in the well-known document is not a URL. */
export class WellKnownNotURL extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownNotURL";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("Homeserver base URL in .well-known response was not a valid URL", options);
  }
}

/** Thrown if the homeserver's base URL in the well-known document has a scheme other than http and https. */
export class WellKnownUnsupportedScheme extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownUnsupportedScheme";
  }
  /** The scheme, without a colon. */
  readonly scheme: string;

  /**
   * Creates an error.
   *
   * @param scheme The scheme, without a colon.
   * @param options The cause.
   */
  constructor(scheme: string, options?: ErrorOptions) {
    super(`URL in .well-known response has unsupported scheme ${scheme}`, options);
    this.scheme = scheme;
  }
}

/** Thrown if the server at the base URL in the well-known document is not a homeserver. */
export class WellKnownInvalidVersionsResponse extends WellKnownError {
  /** The name of the class. */
  static override get name(): string {
    return "WellKnownInvalidVersionsResponse";
  }

  /**
   * Creates an error.
   *
   * @param options The cause.
   */
  constructor(options?: ErrorOptions) {
    super("URL in .well-known response didn't respond to versions endpoint properly", options);
  }
}
