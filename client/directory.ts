import { RoomMethods } from "./rooms.ts";

/** Aliases, and the directories of rooms and users. */
export abstract class DirectoryMethods extends RoomMethods {
}
