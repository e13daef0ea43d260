import type { Words } from "./messages";

export const bn: Words = {
  title: "চ্যাট",
  support: "Carevia Support",
  presence: {
    here: "এখন আছেন",
    away: "এই মুহূর্তে দূরে আছেন। ফিরলেই উত্তর দেবেন।",
    offline: "এখন ডেস্কে কেউ নেই। তবু লিখুন, ফিরলেই উত্তর দেব।",
  },
  write: "বার্তা লিখুন",
  signInFirst: "Carevia Support-কে লিখতে ও আপনার কথোপকথন দেখতে সাইন ইন করুন।",
  staff: "এটি গ্রাহকদের চ্যাট। আপনি কর্মী হিসেবে সাইন ইন করেছেন: আপনার কথোপকথন ডেস্কে আছে।",
  signIn: "সাইন ইন",
  toDesk: "ডেস্ক খুলুন",
};
