import { MediaMethods } from "./media.ts";

/** A client of the Matrix client-server API: one method an endpoint. */
export class ClientAPI extends MediaMethods {
}
