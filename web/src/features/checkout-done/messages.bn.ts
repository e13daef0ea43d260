import type { State, Words } from "./messages";

const NOTHING_PAID = "কোনো টাকা কাটেনি। চাইলে যেকোনো সময় আবার বুক করতে পারেন।";

export const bn: Words = {
  title: "আপনার বুকিং",
  noSession: "পেমেন্ট করার পর এই পাতা নিজে থেকেই খোলে। এর জন্য একটি পেমেন্টের নম্বর লাগে।",
  again: "আমরা নিজে থেকেই আবার দেখব। আপনাকে থাকতে হবে না: পেমেন্ট হয়ে থাকলে তা হারাবে না।",
  tracking: "আপনার ট্র্যাকিং আইডি",
  paid: "পরিশোধ",
  toChat: "Carevia Support-কে লিখুন",
  states: {
    paid: { title: "ধন্যবাদ, আপনার পেমেন্ট এসেছে", text: "আপনার বুকিং এখন আমাদের ডেস্কের পর্দায়।" },
    processing: {
      title: "আপনার পেমেন্ট চলছে",
      text: "ব্যাংক এখনও নিশ্চিত করেনি; কয়েক দিন লাগতে পারে। এরপর বুকিং নিজে থেকেই আসবে।",
    },
    open: { title: "এখনও টাকা দেওয়া হয়নি", text: "পেমেন্ট শেষ হয়নি।" },
    expired: { title: "এই পেমেন্টের সময় শেষ", text: NOTHING_PAID },
    failed: { title: "পেমেন্ট হয়নি", text: NOTHING_PAID },
  } as Record<string, State>,
  recorded: { title: "এই পেমেন্ট জমা আছে", text: "কিছু বুঝতে অসুবিধা হলে Carevia Support-কে জিজ্ঞেস করুন।" },
};
