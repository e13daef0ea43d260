// The desk's keyboard: what can be done wherever one is, and the two dialogs that show it. The parts of the desk below
// offer what they can do themselves.
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, Suspense, useState } from "react";
import { Commands, CommandsContext, useCommand } from "@/lib/keys/commands";
import { stepPane, stepRow } from "@/lib/keys/rows";
import { useKeys } from "@/lib/keys/use-keys";
import { useLanguage } from "@/lib/language";
import { lazily } from "@/lib/lazily";
import { noticeSettings } from "@/lib/notices/settings";
import { words } from "./messages";

const HelpDialog = lazily(async () => (await import("./help-dialog")).HelpDialog);
const Palette = lazily(async () => (await import("./palette")).Palette);

export function Keyboard({ children }: { children: ReactNode }) {
  const [commands] = useState(() => new Commands());
  useKeys(commands);
  return (
    <CommandsContext value={commands}>
      {children}
      <Everywhere />
    </CommandsContext>
  );
}

function Everywhere() {
  useLanguage();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"help" | "palette" | null>(null);
  const [said, setSaid] = useState("");
  useCommand("palette", () => setOpen("palette"));
  useCommand("help", () => setOpen("help"));
  useCommand("bookings", () => void navigate({ to: "/dashboard/bookings" }));
  useCommand("chat", () => void navigate({ to: "/dashboard", search: { view: "chat" } }));
  useCommand("payments", () => void navigate({ to: "/dashboard/payments" }));
  useCommand("connections", () => void navigate({ to: "/test-socket" }));
  useCommand("next", () => stepRow(1));
  useCommand("previous", () => stepRow(-1));
  useCommand("pane", () => stepPane(1));
  useCommand("paneBack", () => stepPane(-1));
  useCommand("sound", () => {
    const settings = noticeSettings.read();
    noticeSettings.write({ ...settings, sound: !settings.sound });
    setSaid(words.soundNow(!settings.sound));
  });
  // Only itself: a browser tells of a closed dialog later, and on a busy machine the next one may have been asked for.
  const close = (one: typeof open) => setOpen((now) => (now === one ? null : now));
  return (
    <>
      <p role="status" className="sr-only">
        {said}
      </p>
      <Suspense>
        {open === "help" && <HelpDialog onClose={() => close("help")} />}
        {open === "palette" && <Palette onClose={() => close("palette")} />}
      </Suspense>
    </>
  );
}
