/**
 * Types of the application service API: the registration, and requests of the homeserver.
 *
 * @module
 */
import type { JsonObject, OpenObject } from "./json.ts";
import type { ContentURI, RoomAlias, UserID } from "./identifiers.ts";

/**
 * A set of user IDs, room aliases or room IDs that an application service is interested in.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#registration
 */
export interface Namespace extends OpenObject {
  /** Regular expression. Homeservers match it from the start of the ID or alias. */
  regex: string;
  /** Whether only this application service may create matching users, aliases or rooms. */
  exclusive: boolean;
}

/**
 * The namespaces of an application service.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#registration
 */
export interface Namespaces extends OpenObject {
  /** Users that the service acts for, in addition to its own. */
  users?: Namespace[];
  /** Aliases of rooms that the service can create on demand. */
  aliases?: Namespace[];
  /** Rooms whose events are sent to the service. */
  rooms?: Namespace[];
}

/**
 * Registration of an application service, as in its registration file. The tokens are secret.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#registration
 */
export interface Registration extends OpenObject {
  /** ID of the application service. It is unique on the homeserver and never changes. */
  id: string;
  /** URL at which the homeserver reaches the service; `null` if the homeserver sends nothing. */
  url: string | null;
  /** Token that the service uses with the homeserver. */
  as_token: string;
  /** Token that the homeserver uses with the service. */
  hs_token: string;
  /** Local part of the service's own user. */
  sender_localpart: string;
  /** Namespaces that the service is interested in. */
  namespaces: Namespaces;
  /** Whether the service's users are rate limited. The service's own user never is. */
  rate_limited?: boolean;
  /** Third-party networks that the service connects to. */
  protocols?: string[];
  /** Whether the homeserver sends typing notifications, receipts and presence. */
  receive_ephemeral?: boolean;
}

/**
 * Body of a transaction, in which a homeserver sends events to an application service.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#put_matrixappv1transactionstxnid
 */
export interface TransactionBody extends OpenObject {
  /** Events of rooms. */
  events: JsonObject[];
  /** Typing notifications, receipts and presence. */
  ephemeral?: JsonObject[];
}

/**
 * Metadata of a third-party network.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1thirdpartyprotocolprotocol
 */
export interface ThirdPartyProtocol extends OpenObject {
  /** Fields that identify a user of the network. */
  user_fields: string[];
  /** Fields that identify a room of the network. */
  location_fields: string[];
  /** An icon of the network. */
  icon: ContentURI | (string & Record<never, never>);
  /** Kinds of the fields, by field name. */
  field_types: Record<string, ThirdPartyFieldType>;
  /** Instances of the network. */
  instances: ThirdPartyInstance[];
}

/** Kind of a field of a third-party network. */
export interface ThirdPartyFieldType extends OpenObject {
  /** Regular expression that values match. */
  regexp: string;
  /** Example of a value, shown while the field is empty. */
  placeholder: string;
}

/** Instance of a third-party network. */
export interface ThirdPartyInstance extends OpenObject {
  /** Name of the instance. */
  desc: string;
  /** Icon of the instance. */
  icon?: ContentURI | (string & Record<never, never>);
  /** Values of fields that are the same for the whole instance. */
  fields: JsonObject;
  /** Unique ID of the instance. */
  network_id: string;
}

/**
 * A room of a third-party network.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1thirdpartylocationprotocol
 */
export interface ThirdPartyLocation extends OpenObject {
  /** Alias of the Matrix room. */
  alias: RoomAlias | (string & Record<never, never>);
  /** ID of the network. */
  protocol: string;
  /** Fields that identify the room. */
  fields: JsonObject;
}

/**
 * A user of a third-party network.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1thirdpartyuserprotocol
 */
export interface ThirdPartyUser extends OpenObject {
  /** User ID on Matrix. */
  userid: UserID;
  /** ID of the network. */
  protocol: string;
  /** Fields that identify the user. */
  fields: JsonObject;
}
