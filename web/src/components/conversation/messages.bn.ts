import { numeral } from "@/lib/format/number";
import type { Words } from "./messages";

const all = (names: readonly string[]) => `${names.slice(0, -1).join(", ")} ও ${names.at(-1)}`;

export const bn: Words = {
  newest: "সর্বশেষ বার্তায় যান",
  newBelow: (n) => `নিচে ${numeral(n)}টি নতুন বার্তা`,
  opensNew: "নতুন ট্যাবে খোলে",
  several: (names) => `${names} লিখছেন`,
  viewing: (names) => `${names.length === 1 ? names[0] : all(names)} দেখছেন`,
  and: all,
  note: "নোট",
  noteBy: (name) => `${name}-এর নোট, শুধু কর্মীরা দেখেন`,
  reply: "উত্তর",
  mode: "কী লিখছেন",
  writeNote: "নোট লিখুন। শুধু কর্মীরা দেখবেন।",
  saveNote: "নোট সংরক্ষণ",
  attach: "ফাইল যোগ করুন",
  attachments: "যোগ করা ফাইল",
  picture: (name) => `ছবি: ${name}`,
  file: (name, size) => `${name}, পিডিএফ, ${size}`,
  uploading: (name, percent) => `${name}, ${numeral(percent)}% আপলোড হয়েছে`,
  uploaded: (name) => `${name}, পাঠানোর জন্য তৈরি`,
  uploadFailed: (why) => (why ? `আপলোড হয়নি: ${why}` : "আপলোড হয়নি: সার্ভার সাড়া দিচ্ছে না।"),
  removeFile: (name) => `${name} সরান`,
  refused: {
    type: (name) => `${name} যোগ করা যায়নি: শুধু JPEG, PNG, WebP ও GIF ছবি এবং পিডিএফ যোগ করা যায়।`,
    size: (name) => `${name} যোগ করা যায়নি: ফাইলটি ১০ এমবির চেয়ে বড়।`,
    many: (name) => `${name} যোগ করা হয়নি: একটি বার্তায় সর্বোচ্চ ১০টি ফাইল থাকতে পারে।`,
  },
  dropHere: "ছবি বা পিডিএফ এখানে ছাড়ুন",
  replies: "সংরক্ষিত উত্তর",
  noReplies: "মিলে যায় এমন সংরক্ষিত উত্তর নেই। এন্টার চাপলে আপনার লেখাই যাবে।",
  repliesFailed: (why) => `সংরক্ষিত উত্তর আনা যায়নি। ${why}`,
  manageReplies: "সংরক্ষিত উত্তর সম্পাদনা",
  shortcut: "স্ল্যাশের পরের শব্দ",
  replyText: "লেখা",
  saveReply: "উত্তর সংরক্ষণ করুন",
  newReply: "নতুন উত্তর",
  editReply: (shortcut) => `/${shortcut} সম্পাদনা`,
  removeReply: (shortcut) => `/${shortcut} মুছুন`,
  close: "বন্ধ করুন",
};
