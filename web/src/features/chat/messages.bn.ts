import { numeral } from "@/lib/format/number";
import type { Words } from "./messages";

export const bn: Words = {
  title: "চ্যাট",
  support: "Carevia Support",
  presence: {
    here: "এখন আছেন",
    away: "এই মুহূর্তে আমরা একটু বাইরে আছি। ফিরলেই উত্তর দেব।",
    offline: "এখন ডেস্কে কেউ নেই। তবু লিখুন, ফিরলেই উত্তর দেব।",
  },
  write: "বার্তা লিখুন",
  signInFirst: "Carevia Support-কে লিখতে ও আপনার কথোপকথন দেখতে সাইন ইন করুন।",
  staff: "এটি গ্রাহকদের চ্যাট। আপনি কর্মী হিসেবে সাইন ইন করেছেন: আপনার কথোপকথন ডেস্কে আছে।",
  signIn: "সাইন ইন",
  toDesk: "ডেস্ক খুলুন",
  booking: {
    label: "আপনার বুকিং",
    unknown: "বুকিং",
    none: "আপনার এখনও কোনো বুকিং নেই। টাকা দিলে নিজে থেকেই এখানে দেখা যাবে।",
    failed: (why) => `আপনার বুকিং আনা যায়নি। ${why}`,
    more: (n) => (n > 1 ? `সব ${numeral(n)}টি বুকিং দেখুন` : "কত দূর এগোল দেখুন"),
    less: "কম দেখুন",
    status: { booked: "বুক হয়েছে", confirmed: "নিশ্চিত", cancelled: "বাতিল", completed: "সম্পন্ন" },
    paid: (amount) => `${amount} পরিশোধিত`,
    back: (amount) => `${amount} আপনাকে ফেরত দেওয়া হয়েছে`,
    choosing: "সেবাদাতা বাছাই চলছে",
    caregiver: (name) => `${name} আপনার কাছে আসবেন`,
    step: { stored: "ডেস্ক পেয়েছে", visit: "প্রথম দিন", cancelled: "বাতিল" },
    now: "এখন",
    due: "এখনও বাকি",
    payment: "পেমেন্ট",
    received: (amount) => `আমরা ${amount} পেয়েছি। আপনার বুকিং নিরাপদে জমা আছে।`,
    receivedOnce: (amount) => `আমরা ${amount} পেয়েছি।`,
  },
};
