// The server's sentences in the reader's language. What is not known here is shown as it was said.
import { digits } from "@/lib/format/number";
import { language } from "@/lib/language";

export function said(sentence: string): string {
  if (language() !== "bn") return sentence;
  const known = BENGALI[sentence];
  if (known) return known;
  for (const [english, bengali] of PATTERNS) {
    const found = english.exec(sentence);
    if (found) return bengali(found[1] ?? "");
  }
  return sentence;
}

/** As the end of a sentence of ours, which has a full stop of its own. */
export const saidWithin = (sentence: string): string => said(sentence).replace(/[.।]$/, "");

/** By the sentence as the server has it; said.test.ts looks whether it still has. */
export const BENGALI: Readonly<Record<string, string>> = {
  "Sign in first": "আগে সাইন ইন করুন",
  "Token expired": "সাইন ইনের মেয়াদ শেষ",
  "Token not valid": "এই সাইন ইন বৈধ নয়",
  "The email address or the password is not right.": "ইমেইল বা পাসওয়ার্ড ঠিক নয়।",
  "This sign-in link has been used or is too old. Sign in with your password, or ask for a new link.":
    "এই লিংক ব্যবহার হয়ে গেছে বা পুরোনো। পাসওয়ার্ড দিয়ে সাইন ইন করুন, অথবা নতুন লিংক চেয়ে নিন।",
  "Too many attempts to sign in. Wait some minutes and try again.":
    "অনেকবার সাইন ইনের চেষ্টা হয়েছে। কয়েক মিনিট পরে আবার চেষ্টা করুন।",
  "Too many people are signing in at this moment. Try again in a few seconds.":
    "এই মুহূর্তে অনেকে সাইন ইন করছেন। কয়েক সেকেন্ড পরে আবার চেষ্টা করুন।",
  "Passwords cannot be checked at the moment. Try again in a few seconds.":
    "এই মুহূর্তে পাসওয়ার্ড যাচাই করা যাচ্ছে না। কয়েক সেকেন্ড পরে আবার চেষ্টা করুন।",
  "Too many connections from this address. Try again in a moment.":
    "এই ঠিকানা থেকে অনেক সংযোগ এসেছে। একটু পরে আবার চেষ্টা করুন।",
  "Too many events at once. Wait a moment and send it again.": "একসঙ্গে অনেক কিছু এসেছে। একটু পরে আবার পাঠান।",
  "Something went wrong here. It was noted; try again.": "আমাদের এখানে কিছু ভুল হয়েছে। তা টুকে রাখা হয়েছে; আবার চেষ্টা করুন।",
  "Something went wrong here. Try again; if it stays, tell the operator the id of this answer.":
    "আমাদের এখানে কিছু ভুল হয়েছে। আবার চেষ্টা করুন; না সারলে যিনি সার্ভার চালান তাঁকে জানান।",
  "Not at the moment. Try again.": "এই মুহূর্তে হচ্ছে না। আবার চেষ্টা করুন।",
  "The body did not arrive in time.": "সময়মতো সবটা এসে পৌঁছায়নি। আবার চেষ্টা করুন।",
  "The store did not answer in time. Try again in a moment.": "সময়মতো সংরক্ষণ হয়নি। একটু পরে আবার চেষ্টা করুন।",
  "The store is closed. Try again in a moment.": "এই মুহূর্তে সংরক্ষণ হচ্ছে না। একটু পরে আবার চেষ্টা করুন।",
  "The store is recovering from a disk error.": "এই মুহূর্তে সংরক্ষণ হচ্ছে না: ডিস্কের ত্রুটি সারানো হচ্ছে।",
  "This request comes from a page of another site, which may not do this.":
    "অনুরোধটি অন্য সাইটের পাতা থেকে এসেছে, তার এ অনুমতি নেই।",
  "This is for staff only.": "এটি শুধু কর্মীদের জন্য।",
  "There is nothing at this address.": "এই ঠিকানায় কিছু নেই।",
  "You may open your own conversation only.": "আপনি শুধু নিজের কথোপকথন খুলতে পারেন।",
  "There is no such conversation.": "এমন কোনো কথোপকথন নেই।",
  "Open the conversation first.": "আগে কথোপকথনটি খুলুন।",
  "Somebody else is signed in now. It is sent when its writer is.":
    "এখন অন্য কেউ সাইন ইন করেছেন। যিনি লিখেছেন তিনি সাইন ইন করলে এটি যাবে।",
  "This token is somebody else's. Connect anew with it.": "এখন অন্য কেউ সাইন ইন করেছেন। নতুন করে যুক্ত হোন।",
  "A new message has come in. Read it before you close the conversation.":
    "নতুন বার্তা এসেছে। কথোপকথন শেষ করার আগে সেটি পড়ুন।",
  "Only staff can be assigned.": "দায়িত্ব শুধু কর্মীদের দেওয়া যায়।",
  "Private notes are for staff only.": "নোট শুধু কর্মীদের জন্য।",
  "Nothing can be attached to a private note.": "নোটে ফাইল যোগ করা যায় না।",
  "An attachment is not there any more. Attach it again.": "একটি ফাইল আর নেই। আবার যোগ করুন।",
  "This attachment is no longer in the data folder.": "ফাইলটি আর নেই।",
  "This upload was made to another conversation.": "ফাইলটি অন্য কথোপকথনে আপলোড হয়েছিল।",
  "A picture may have at most 50 million pixels.": "ছবিতে সর্বোচ্চ ৫ কোটি পিক্সেল থাকতে পারে।",
  "There is no such attachment.": "এমন কোনো ফাইল নেই।",
  "The file could not be stored at the moment. Try again.": "এই মুহূর্তে ফাইল সংরক্ষণ হচ্ছে না। আবার চেষ্টা করুন।",
  "That is all that can be attached within a day. Try again tomorrow.":
    "এক দিনে এর বেশি ফাইল যোগ করা যায় না। কাল আবার চেষ্টা করুন।",
  "There is no such reply.": "এমন কোনো উত্তর নেই।",
  "There is no booking with this tracking id.": "এই ট্র্যাকিং আইডির কোনো বুকিং নেই।",
  "There is no payment of this number here.": "এই নম্বরের কোনো পেমেন্ট এখানে নেই।",
  "We cannot ask the payment provider at the moment. If you have paid, your payment is safe and your booking appears by itself.":
    "এই মুহূর্তে ব্যাংকের কাছে জানা যাচ্ছে না। টাকা দিয়ে থাকলে তা নিরাপদ, বুকিং নিজে থেকেই আসবে।",
  "The simulated payment was not accepted by the webhook.": "পরীক্ষার পেমেন্ট নেওয়া হয়নি।",
};

/** Those that say a word or a number of their own. */
export const PATTERNS: readonly (readonly [RegExp, (told: string) => string])[] = [
  [
    /^(.+): nothing was confirmed\. Try again in a moment\.$/,
    () => "এই মুহূর্তে সংরক্ষণ হচ্ছে না, কিছু নিশ্চিত করা হয়নি। একটু পরে আবার চেষ্টা করুন।",
  ],
  [
    /^This cannot be attached: it (.+)\.$/,
    () => "ফাইলটি যোগ করা যায় না: শুধু JPEG, PNG, WebP ও GIF ছবি এবং পিডিএফ যোগ করা যায়।",
  ],
  [/^An attachment may have at most (.+) MB\.$/, (most) => `একটি ফাইল সর্বোচ্চ ${digits(most)} এমবি হতে পারে।`],
  [/^This message cannot be sent: (.+)\.$/, () => "বার্তাটি এভাবে পাঠানো যায় না। লেখাটি দেখে আবার পাঠান।"],
  [/^This reply cannot be saved: (.+)\.$/, () => "উত্তরটি এভাবে সংরক্ষণ করা যায় না। লেখাটি দেখে আবার চেষ্টা করুন।"],
  [
    /^There is a reply under \/(.+) already\. Choose another word\.$/,
    (word) => `/${word} দিয়ে একটি উত্তর আগে থেকেই আছে। অন্য শব্দ বেছে নিন।`,
  ],
  [
    /^There are (.+) replies already\. Remove one first\.$/,
    (count) => `আগে থেকেই ${digits(count)}টি উত্তর আছে। আগে একটি মুছুন।`,
  ],
];
