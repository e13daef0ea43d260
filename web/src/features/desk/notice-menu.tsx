// The bell: how this person wants to be told, and a test of it. Nothing is asked of the browser before a click.
import { Bell, BellOff } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { mayPlay, play } from "@/lib/notices/sound";
import { show, useNoticeSettings } from "@/lib/notices/use-notices";
import { words } from "./messages";

export function NoticeMenu() {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  const [settings] = useNoticeSettings();
  const mute = settings.sound && !mayPlay();
  const title = mute ? words.notices.cannotPlay : words.notices.title;
  const Icon = settings.sound || settings.desktop ? Bell : BellOff;
  useEffect(() => {
    if (!open) return;
    panel.current?.focus();
    const outside = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!panel.current?.contains(target) && !button.current?.contains(target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation(); // the topmost layer closes first
    setOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the panel wherever in it the focus is
    <span className="relative" onKeyDown={onKey}>
      <button
        ref={button}
        type="button"
        className={`btn btn-quiet px-2 ${mute ? "text-warn-ink" : ""}`}
        aria-expanded={open}
        aria-controls={id}
        aria-label={words.notices.title}
        title={title}
        onClick={() => setOpen(!open)}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {open && (
        <div
          ref={panel}
          id={id}
          role="dialog"
          aria-label={words.notices.title}
          tabIndex={-1}
          className="card absolute top-full right-0 z-20 mt-2 flex w-72 max-w-[calc(100vw-32px)] flex-col gap-3 p-4 text-[13px] leading-5 text-ink shadow-2 outline-none max-md:fixed max-md:inset-x-4 max-md:top-14 max-md:w-auto"
        >
          <NoticeForm />
        </div>
      )}
    </span>
  );
}

function NoticeForm() {
  const [settings, change] = useNoticeSettings();
  const { silent } = settings;
  const [said, setSaid] = useState("");
  const setSilent = (part: Partial<typeof silent>) => change({ ...settings, silent: { ...silent, ...part } });
  const test = async () => {
    const heard = settings.sound && (await play("booking"));
    const shown =
      settings.desktop &&
      show({ title: words.notices.testTitle, body: words.notices.testBody, tag: "test", open: () => {} });
    setSaid(words.notices.tested(heard, shown));
  };
  return (
    <>
      <Check label={words.notices.sound} on={settings.sound} onChange={(sound) => change({ ...settings, sound })} />
      <DesktopNotices on={settings.desktop} onChange={(desktop) => change({ ...settings, desktop })} />
      <Check label={words.notices.silent} on={silent.on} onChange={(on) => setSilent({ on })} />
      {silent.on && (
        <span className="flex gap-3">
          <Time label={words.notices.from} value={silent.from} onChange={(from) => setSilent({ from })} />
          <Time label={words.notices.to} value={silent.to} onChange={(to) => setSilent({ to })} />
        </span>
      )}
      <button type="button" className="btn btn-line" onClick={() => void test()}>
        {words.notices.test}
      </button>
      <p role="status" className="text-xs text-ink-3">
        {said}
      </p>
    </>
  );
}

/** The browser is asked only when somebody turns them on. */
function DesktopNotices({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  const known = typeof Notification !== "undefined";
  const [permission, setPermission] = useState(known ? Notification.permission : "denied");
  const turn = async (wanted: boolean) => {
    const answer = wanted && permission === "default" ? await Notification.requestPermission() : permission;
    setPermission(answer);
    onChange(wanted && answer === "granted");
  };
  return (
    <span>
      <Check
        label={words.notices.desktop}
        on={on && permission === "granted"}
        disabled={permission === "denied"}
        onChange={(wanted) => void turn(wanted)}
      />
      {permission === "denied" && (
        <span className="mt-1 block text-xs text-ink-3">{known ? words.notices.denied : words.notices.none}</span>
      )}
    </span>
  );
}

interface CheckProps {
  label: string;
  on: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

function Check({ label, on, disabled = false, onChange }: CheckProps) {
  return (
    <label className="flex min-h-6 items-center gap-2.5">
      <input
        type="checkbox"
        className="size-4 accent-solid"
        checked={on}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

function Time({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label className="flex-1 text-xs text-ink-2">
      {label}
      <input
        type="time"
        className="field mt-1 h-9 px-2 text-[13px]"
        value={value}
        onChange={(event) => event.target.value && onChange(event.target.value)}
      />
    </label>
  );
}
