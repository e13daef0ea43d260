// Why a person should look at a payment or a booking, in the reader's words. The server says it in English; what is not
// known here is shown as it was said.
import { money } from "@/lib/format/money";
import { language } from "@/lib/language";

/** What its state says already. */
const TOLD = ["the payment is disputed", "a dispute was lost"];

/** "3000 bdt", as the server writes an amount. */
const AMOUNT = /\b(\d+(?:\.\d+)?) ([a-z]{3})(?=,| as gone back|$)/g;

/** The reasons, each without its full stop. */
export function looks(lookReason: string): string[] {
  const reasons = lookReason.split("; ").filter((reason) => reason && !TOLD.includes(reason));
  return reasons.map((reason) => inWords(reason.replace(/\.$/, "")));
}

function inWords(told: string): string {
  const reason = told.replaceAll(AMOUNT, (_, amount: string, currency: string) => money(amount, currency));
  if (language() !== "bn") return reason.replaceAll("_", " ");
  for (const [english, bengali] of BENGALI) {
    const found = english.exec(reason);
    if (found) return bengali(...found.slice(1).map((part) => PARTS[part] ?? part));
  }
  return reason;
}

const PARTS: Readonly<Record<string, string>> = {
  paid: "পরিশোধ",
  partly_refunded: "আংশিক ফেরত",
  refunded: "টাকা ফেরত",
  disputed: "আপত্তি উঠেছে",
  charged_back: "ব্যাংকে ফেরত",
  "not paid": "অপরিশোধিত",
  "no amount": "কোনো অঙ্ক নয়",
  expired: "মেয়াদোত্তীর্ণ",
  failed: "ব্যর্থ",
};

type Bengali = readonly [RegExp, (...parts: string[]) => string];

/** By the sentence as the server has it; looks.test.ts looks whether it still has. */
export const BENGALI: readonly Bengali[] = [
  [/^nothing was paid$/, () => "কোনো টাকা দেওয়া হয়নি"],
  [/^the session has no id$/, () => "সেশনের কোনো আইডি নেই"],
  [/^amount or currency of the session cannot be read$/, () => "সেশনের টাকার অঙ্ক বা মুদ্রা পড়া যাচ্ছে না"],
  [/^the session names no customer of ours$/, () => "সেশনে আমাদের কোনো গ্রাহকের নাম নেই"],
  [/^the site did not say what was paid$/, () => "কত টাকা দেওয়া হয়েছে সাইট তা জানায়নি"],
  [/^a dispute was closed and its outcome cannot be read$/, () => "একটি আপত্তির নিষ্পত্তি হয়েছে, ফল পড়া যাচ্ছে না"],
  [/^a dispute was lost and then won$/, () => "একটি আপত্তিতে প্রথমে হার, পরে জিত হয়েছে"],
  [/^a refund failed$/, () => "টাকা ফেরত দেওয়া যায়নি"],
  [/^something was refunded and the amount cannot be read$/, () => "কিছু টাকা ফেরত গেছে, কত তা পড়া যাচ্ছে না"],
  [/^the provider also says that the session (.+)$/, (ended) => `পেমেন্টের মাধ্যম এ-ও বলছে যে সেশনটি ${ended}`],
  [/^the tracking id (.+) belongs to another customer$/, (id) => `ট্র্যাকিং আইডি ${id} অন্য এক গ্রাহকের`],
  [/^the provider names another customer$/, () => "পেমেন্টের মাধ্যম অন্য এক গ্রাহকের নাম বলছে"],
  [/^paid in several currencies$/, () => "একাধিক মুদ্রায় টাকা দেওয়া হয়েছে"],
  [/^more was paid than it costs$/, () => "যা দাম তার চেয়ে বেশি টাকা দেওয়া হয়েছে"],
  [/^(.+) may be the same booking$/, (id) => `${id} হয়তো এই একই বুকিং`],
  [/^The provider does not know this checkout$/, () => "পেমেন্টের মাধ্যম এই চেকআউট চেনে না"],
  [/^It is paid and cannot be recorded: (.+)$/, (why) => `টাকা দেওয়া হয়েছে, কিন্তু সংরক্ষণ করা যাচ্ছে না: ${why}`],
  [/^It is paid and nothing of it could be recorded$/, () => "টাকা দেওয়া হয়েছে, কিন্তু কিছুই সংরক্ষণ করা যায়নি"],
  [
    /^We have (.+) as gone back, the provider (.+)$/,
    (ours, theirs) => `ফেরত গেছে আমাদের হিসাবে ${ours}, পেমেন্টের মাধ্যমের হিসাবে ${theirs}`,
  ],
  [
    /^We have it as (.+), the provider has it as (.+)$/,
    (ours, theirs) => `আমাদের কাছে এটি “${ours}”, পেমেন্টের মাধ্যমের কাছে “${theirs}”`,
  ],
  [/^We have (.+), the provider (.+)$/, (ours, theirs) => `আমাদের হিসাবে ${ours}, পেমেন্টের মাধ্যমের হিসাবে ${theirs}`],
];
