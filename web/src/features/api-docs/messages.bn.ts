import type { Words } from "./messages";

export const bn: Words = {
  title: "এপিআই বিবরণ",
  raw: "openapi.json",
  lead: "সার্ভারের প্রতিটি ঠিকানা: কী নেয়, কী উত্তর দেয়। বিবরণটি ইংরেজিতে। ফাইল হিসেবে:",
  failed: (why) => `বিবরণ আনা যায়নি। ${why}`,
  contents: "সূচি",
  parameters: "প্যারামিটার",
  body: "অনুরোধের বডি",
  answers: "উত্তর",
  required: "আবশ্যক",
  nothing: "বডি নেই",
  other: "ঠিকানা",
};
