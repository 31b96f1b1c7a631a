/**
 * The client: {@linkcode ClientAPI}, one method an endpoint, in themes.
 *
 * @module
 */
export { ClientAPI } from "./client_api.ts";
export {
  BaseClientAPI,
  type ClientAPIOptions,
  type ClientIdentity,
  type FillMemberEventCallback,
} from "./base.ts";
export * from "./discovery.ts";
export * from "./authentication.ts";
export * from "./devices.ts";
export * from "./filters.ts";
export * from "./sync.ts";
export * from "./state.ts";
export * from "./messages.ts";
export * from "./sending.ts";
export * from "./profile.ts";
export * from "./membership.ts";
export * from "./rooms.ts";
export * from "./directory.ts";
export * from "./activity.ts";
export * from "./account_data.ts";
export * from "./keys.ts";
export * from "./push.ts";
export * from "./media.ts";
