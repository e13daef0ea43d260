// The desk and its views. They are one page, so that going from one to the other keeps its socket.
import { useLocation, useSearch } from "@tanstack/react-router";
import { type DeskPlace, type DeskSearch, ready } from "@/features/desk/desk";
import { DeskPage } from "@/features/desk/desk-page";

export { warmDesk } from "@/features/desk/warm";

/** What it shows there is loaded: the desk is drawn once, and whole. */
export const deskReady = (path: string, search: DeskSearch) => ready(placeOf(path), search);

export function DeskRoute() {
  const path = useLocation({ select: (location) => location.pathname });
  return <DeskPage place={placeOf(path)} search={useSearch({ strict: false })} />;
}

function placeOf(path: string): DeskPlace {
  if (path.startsWith("/dashboard/bookings")) return "bookings";
  return path.startsWith("/dashboard/payments") ? "payments" : "home";
}
