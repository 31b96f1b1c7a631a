import { MembershipMethods } from "./membership.ts";

/** Creating rooms, and which there are. */
export abstract class RoomMethods extends MembershipMethods {
}
