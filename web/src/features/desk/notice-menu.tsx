// The bell: how this person wants to be told, and a test of it. Nothing is asked of the browser before a click.
import { Bell, BellOff } from "lucide-react";
import { useState } from "react";
import { Popover } from "@/components/popover";
import { hour } from "@/lib/format/time";
import { KINDS, type Kind, muteUntil, noticeSettings } from "@/lib/notices/settings";
import { mayPlay, play } from "@/lib/notices/sound";
import { show } from "@/lib/notices/use-notices";
import { useStored } from "@/lib/stored";
import { words } from "./messages";

export function NoticeMenu() {
  const [settings] = useStored(noticeSettings);
  const mute = settings.sound && !mayPlay();
  const Icon = settings.sound || settings.desktop ? Bell : BellOff;
  return (
    <Popover
      label={words.notices.title}
      title={mute ? words.notices.cannotPlay : words.notices.title}
      className={mute ? "text-warn-ink" : ""}
      face={<Icon size={16} strokeWidth={1.75} aria-hidden="true" />}
    >
      <NoticeForm />
    </Popover>
  );
}

function NoticeForm() {
  const [settings, change] = useStored(noticeSettings);
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
      {KINDS.map((kind) => (
        <Mute
          key={kind}
          kind={kind}
          until={settings.muted[kind]}
          onChange={(until) => change({ ...settings, muted: { ...settings.muted, [kind]: until } })}
        />
      ))}
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

function Mute({ kind, until, onChange }: { kind: Kind; until: number; onChange: (until: number) => void }) {
  const muted = until > Date.now();
  return (
    <label className="flex min-h-8 items-center justify-between gap-2">
      {words.notices.kinds[kind]}
      <select
        className="btn btn-line btn-small"
        value={muted ? "muted" : "told"}
        onChange={({ target: { value } }) =>
          onChange(value === "hour" || value === "tomorrow" ? muteUntil(value, Date.now()) : 0)
        }
      >
        <option value="told">{words.notices.told}</option>
        {muted && <option value="muted">{words.notices.mutedUntil(hour(until))}</option>}
        <option value="hour">{words.notices.muteHour}</option>
        <option value="tomorrow">{words.notices.muteDay}</option>
      </select>
    </label>
  );
}
