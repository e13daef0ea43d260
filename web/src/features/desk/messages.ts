// Words of the desk.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "Desk",
  nav: "Main",
  bookings: "Bookings",
  chat: "Chat",
  connections: "Connections",
  notAllowed: "Only staff can open the desk. You are signed in as a customer.",
  signInFirst: "Only staff can open the desk. Sign in to go on.",
  signIn: "Sign in",
  otherAccount: "Sign in with another account",
  toChat: "Open the chat",
  people: "Conversations",
  noPeople: "No conversations yet. When someone pays for a booking, they appear here by themselves.",
  noBookings: "No bookings yet. When someone pays for one, it appears here by itself, on every desk.",
  noneHere: "No conversation here.",
  more: "Show more",
  newRows: (n: number) => `${n} new`,
  draft: "Draft:",
  closed: "Closed",
  waits: (time: string) => `Waits ${time}`,
  attachment: "Attachment",
  filters: {
    label: "Which conversations",
    open: "Open",
    mine: "Mine",
    unassigned: "Unassigned",
    closed: "Closed",
    unread: "Unread",
  },
  search: {
    label: "Search people, IDs, messages",
    people: "People",
    messages: "Messages",
    nothing: (text: string) => `Nothing for "${text}". We searched names, emails, tracking IDs and every message.`,
    found: (people: number, messages: number) =>
      `${people === 1 ? "1 person" : `${people} people`} and ${messages === 1 ? "1 message" : `${messages} messages`} found`,
    failed: (why: string) => `The search failed. ${why}`,
  },
  actions: {
    assignee: "Assigned to",
    nobody: "Not assigned",
    me: (name: string) => `${name} (you)`,
    close: "Close conversation",
    reopen: "Open again",
    failed: (why: string) => `Not changed. ${why}`,
  },
  rowMenu: {
    label: (name: string) => `Actions for ${name}`,
    open: "Open conversation",
    toMe: "Assign to me",
    toNobody: "Assign to nobody",
  },
  play: "Play a test booking",
  playing: "Playing…",
  playFailed: (why: string) => `The test booking was not played. ${why}`,
  bookingsFailed: (why: string) => `Bookings did not load. ${why}`,
  peopleFailed: (why: string) => `Conversations did not load. ${why}`,
  howMany: (n: number, page: number) => (n === 1 ? "1 booking" : n < page ? `${n} bookings` : `${n} newest`),
  columns: {
    customer: "Customer",
    service: "Service",
    visit: "Visit",
    trackingId: "Tracking ID",
    caregiver: "Caregiver",
    state: "State",
    paid: "Paid",
  },
  notAssigned: "Not assigned",
  look: "Needs a look",
  stateOf: (service: string, state: string) => `${service} · ${state}`,
  full: "Paid in full",
  half: "Half paid",
  due: (amount: string) => `${amount} due`,
  paidTag: "Paid",
  cancelled: "Cancelled",
  disputed: "Disputed",
  chargedBack: "Charged back",
  refunded: "Refunded",
  backPart: (amount: string) => `${amount} refunded`,
  confirmed: "Confirmed",
  completed: "Completed",
  unread: (n: number) => (n === 1 ? "1 unread message" : `${n} unread messages`),
  unreadRooms: (n: number) => (n === 1 ? "1 unread conversation" : `${n} unread conversations`),
  paidNow: (amount: string, service: string) => `Paid ${amount} · ${service}`,
  you: "You",
  back: "Back to the list",
  close: "Close the conversation view",
  openChat: (name: string) => `Open the conversation with ${name}`,
  writeTo: (name: string) => `Write to ${name}`,
  unknown: "Unknown customer",
  serverAlarm: "Something is wrong with the server. Tell whoever runs it.",
  receipt: {
    show: "Receipt",
    showOf: (name: string) => `Receipt of ${name}'s booking`,
    paid: (time: string) => `Paid ${time}`,
    received: (lapse: string) => `received ${lapse}`,
    saved: (lapse: string) => `saved ${lapse}`,
    sent: (lapse: string) => `sent ${lapse}`,
    first: (lapse: string) => `on first desk ${lapse}`,
    desks: (n: number) => (n === 0 ? "on no desk yet" : n === 1 ? "on 1 desk" : `on ${n} desks`),
    who: "On whose screen",
    desk: (name: string, tabs: number, time: string) =>
      tabs === 1 ? `${name}, ${time}` : `${name}, ${tabs} tabs, first ${time}`,
    more: (n: number) => `and ${n} more`,
    failed: (why: string) => `The receipt did not load. ${why}`,
  },
  alarm: {
    unseen: (n: number, seconds: number) =>
      n === 1
        ? `A paid booking has been on no screen for ${seconds} s.`
        : `${n} paid bookings have been on no screen for ${seconds} s.`,
    unsent: (n: number, seconds: number) =>
      n === 1
        ? `An event has waited ${seconds} s to be sent. It is kept.`
        : `${n} events have waited ${seconds} s to be sent. They are kept.`,
    show: "Show bookings",
  },
  onDesk: (n: number) => (n === 1 ? "1 on the desk" : `${n} on the desk`),
  staffAway: (name: string) => `${name} (away)`,
  notices: {
    title: "Notices and sound",
    sound: "Sound",
    cannotPlay: "Notices and sound. This tab cannot play sounds yet: click anywhere in it.",
    desktop: "Desktop notices",
    denied: "This browser blocks notices of this site. Allow them in its settings.",
    none: "This browser has no desktop notices.",
    silent: "Silent hours",
    from: "From",
    to: "To",
    kinds: { booking: "Paid bookings", message: "Messages", lost: "Lost connection" },
    told: "On",
    muteHour: "Mute for 1 hour",
    muteDay: "Mute until tomorrow",
    mutedUntil: (time: string) => `Muted until ${time}`,
    test: "Test",
    testTitle: "A test",
    testBody: "A paid booking is announced like this.",
    tested: (heard: boolean, shown: boolean): string =>
      heard && shown
        ? "A sound was played and a notice shown."
        : heard
          ? "A sound was played."
          : shown
            ? "A notice was shown."
            : "Sound and notices are off.",
    paid: (name: string) => `${name} paid`,
    unseen: "A paid booking is on no screen",
    wrote: (name: string) => `${name} wrote`,
    waiting: (n: number) => (n === 1 ? "1 customer waits" : `${n} customers wait`),
    open: "Open the desk",
  },
  toasts: {
    label: "New bookings",
    open: "Open",
    dismiss: (name: string) => `Dismiss the notice of ${name}`,
    more: (n: number) => `${n} more`,
    dismissAll: "Dismiss all",
  },
  paidAmount: (amount: string) => `paid ${amount}`,
  newBooking: (name: string, amount: string) => `${name} paid ${amount}`,
  newBookings: (n: number) => `${n} new bookings`,
};

export type Words = typeof en;
export const words = spoken(en, bn);
