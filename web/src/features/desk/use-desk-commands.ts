// What the desk as a whole can do by keyboard: leave what is open, and go to the next conversation with something unread.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useCommand } from "@/lib/keys/commands";
import { focusRow } from "@/lib/keys/rows";
import { ordered } from "./conversations";
import type { Desk } from "./state";

interface Place {
  desk: Desk;
  me: string;
  openRoom: string | null;
  /** The row that is open: of whichever list is shown. */
  openRow: string | null;
}

export function useDeskCommands({ desk, me, openRoom, openRow }: Place): void {
  const navigate = useNavigate();
  const open = (room: string) => void navigate({ to: "/dashboard", search: { view: "chat", with: room } });
  // In its place: or the browser's way back would lead to what was just left.
  const leave = () => void navigate({ to: "/dashboard", search: { view: "chat" }, replace: true });
  const step = (by: 1 | -1) => {
    const rows = ordered(desk.conversations, { filter: "open", unread: false }, me);
    const at = rows.findIndex(({ _id }) => _id === openRoom);
    const around = [...rows.slice(at + 1), ...rows.slice(0, Math.max(0, at))];
    const next = by > 0 ? around.find(({ unread }) => unread > 0) : around.findLast(({ unread }) => unread > 0);
    if (next) open(next._id);
  };
  useCommand("back", openRoom === null ? null : leave);
  useCommand("nextUnread", () => step(1));
  useCommand("previousUnread", () => step(-1));
  useReturn(openRow);
}

/** Who closes what a row has opened is on that row again. */
function useReturn(open: string | null): void {
  const before = useRef(open);
  useEffect(() => {
    if (before.current !== null && open === null) focusRow(before.current);
    before.current = open;
  }, [open]);
}
