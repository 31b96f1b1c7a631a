/** Types of tests/contract/specification.json. */

/** A JSON Schema (2020-12). */
export type Schema = boolean | { [keyword: string]: unknown };

/** A parameter of an operation. */
export interface Parameter {
  /** `path`, `query` or `header`. */
  in: string;
  name: string;
  /** Absent if false. */
  required?: boolean;
  schema: Schema;
}

/** An operation of the client-server API. */
export interface Operation {
  operationId: string;
  method: string;
  /** The path with `{name}` for its parameters. */
  path: string;
  /** Absent if false. */
  deprecated?: boolean;
  /** `none`, `optional`, `accessToken`, `appserviceToken`. */
  auth: string;
  parameters: Parameter[];
  /** Schemas by media type. */
  requestBody?: { required?: boolean; content: Record<string, Schema> };
  /** Schemas by status, then by media type. */
  responses: Record<string, Record<string, Schema>>;
}

/** The operations and schemas of the specification. */
export interface Specification {
  source: Record<string, string>;
  dialect: string;
  operations: Operation[];
  /** Schemas that occur more than once, for references like `#/schemas/0`. */
  schemas: Schema[];
}
