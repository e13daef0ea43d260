// The way between the desk's places: a rail at the left, a bar at the bottom of a phone.
import { Link } from "@tanstack/react-router";
import { Cable, CalendarCheck, CreditCard, Keyboard, type LucideIcon, MessageSquare } from "lucide-react";
import { type ReactNode, useContext } from "react";
import { Logo } from "@/components/logo";
import { numeral } from "@/lib/format/number";
import { CommandsContext } from "@/lib/keys/commands";
import { PANE } from "@/lib/keys/rows";
import { words as keys } from "./keys/messages";
import { words as lists } from "./lists/messages";
import { words } from "./messages";

interface Props {
  /** Conversations with something unread. */
  unread: number;
  /** The desk as it opens, which is about bookings. */
  home: boolean;
  hiddenOnPhone: boolean;
}

const ITEM =
  "target relative flex flex-1 flex-col items-center justify-center gap-[3px] rounded-lg pt-[7px] pb-1.5 text-tiny leading-[14px] font-medium text-ink-2 hover:no-underline md:w-12 md:flex-none lg:w-[70px] aria-[current=page]:bg-tint aria-[current=page]:font-semibold aria-[current=page]:text-accent-ink";

/** More would cover the icon. */
const MOST = 99;

// The chat has the desk's own address; what stands behind its ? says that it is shown.
const WHERE_CHAT = { includeSearch: true };

export function Rail({ unread, home, hiddenOnPhone }: Props) {
  const commands = useContext(CommandsContext);
  return (
    <nav
      {...PANE}
      aria-label={words.nav}
      className={`flex gap-1 max-xs:gap-0 border-line bg-bg p-1 max-md:row-start-3 max-md:border-t md:row-span-2 md:flex-col md:items-center md:border-r md:px-[3px] md:py-2.5 ${hiddenOnPhone ? "max-md:hidden" : ""}`}
    >
      <span className="mb-3.5 max-md:hidden">
        <Logo />
      </span>
      <Link to="/dashboard/bookings" className={ITEM} aria-current={home ? "page" : undefined}>
        <Item Icon={CalendarCheck} name={words.bookings} />
      </Link>
      <Link to="/dashboard" search={{ view: "chat" }} activeOptions={WHERE_CHAT} className={ITEM}>
        <Item Icon={MessageSquare} name={words.chat}>
          {unread > 0 && (
            <span className="count absolute top-[3px] left-1/2 ml-1.5 md:-top-1 md:right-0 md:left-auto md:ml-0 lg:top-[3px] lg:right-2">
              <span aria-hidden="true">{unread > MOST ? `${numeral(MOST)}+` : numeral(unread)}</span>
              <span className="sr-only">{words.unreadRooms(unread)}</span>
            </span>
          )}
        </Item>
      </Link>
      <Link to="/dashboard/payments" className={ITEM}>
        <Item Icon={CreditCard} name={lists.payments} />
      </Link>
      <Link to="/test-socket" className={ITEM}>
        <Item Icon={Cable} name={words.connections} />
      </Link>
      <button
        type="button"
        className="btn btn-quiet mt-auto px-2 max-md:hidden"
        aria-label={keys.title}
        title={`${keys.title} (?)`}
        onClick={() => commands?.run("help")}
      >
        <Keyboard size={18} strokeWidth={1.6} aria-hidden="true" />
      </button>
    </nav>
  );
}

function Item({ Icon, name, children }: { Icon: LucideIcon; name: string; children?: ReactNode }) {
  return (
    <>
      <Icon size={20} strokeWidth={1.6} aria-hidden="true" />
      <span title={name} className="max-w-full text-center wrap-anywhere md:max-lg:sr-only">
        {name}
      </span>
      {children}
    </>
  );
}
