/** A failure of a method or function. */
export interface Failure {
  /** The name of the method or function. */
  subject: string;
  /** Describes the input. */
  how: string;
  /** Describes the fault. */
  what: string;
  /** The response, or the argument of a function. */
  response?: string;
  /** The seed of a random round. */
  seed?: number;
}
