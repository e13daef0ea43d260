import { numeral } from "@/lib/format/number";
import type { Words } from "./messages";

export const bn: Words = {
  title: "সাইন ইন",
  lead: "কর্মী ও গ্রাহক সবাই এখানেই সাইন ইন করেন।",
  email: "ইমেইল",
  password: "পাসওয়ার্ড",
  show: "পাসওয়ার্ড দেখান",
  hide: "পাসওয়ার্ড লুকান",
  submit: "সাইন ইন",
  submitting: "সাইন ইন হচ্ছে…",
  emailMissing: "আপনার ইমেইল লিখুন।",
  passwordMissing: "আপনার পাসওয়ার্ড লিখুন।",
  later: (seconds) =>
    seconds < 90
      ? `${numeral(seconds)} সেকেন্ড পরে আবার চেষ্টা করতে পারেন।`
      : `${numeral(Math.ceil(seconds / 60))} মিনিট পরে আবার চেষ্টা করতে পারেন।`,
  link: "আপনার লিংক দিয়ে সাইন ইন হচ্ছে…",
  linkFailed: (why) => `লিংকটি কাজ করেনি। ${why}`,
  already: (name) => `আপনি ${name} হিসেবে সাইন ইন করেছেন।`,
  toDesk: "ডেস্ক খুলুন",
  toChat: "চ্যাট খুলুন",
  stuck: "পাতা সাড়া দিচ্ছে না?",
  test: "সংযোগ পরীক্ষা করুন",
  slogan: "গ্রাহক ফোন নামিয়ে রাখার আগেই পেমেন্ট আপনার পর্দায়।",
  samples: "ডেস্ক দেখতে যেমন",
  sample: {
    tahmid: { name: "তাহমিদ রহমান", service: "অস্ত্রোপচার-পরবর্তী সেবা" },
    lamia: { name: "লামিয়া খাতুন", service: "প্রবীণ সঙ্গ সেবা" },
    nusrat: { name: "নুসরাত জাহান", service: "নবজাতক সেবা" },
  },
};
