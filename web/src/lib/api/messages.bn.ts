import type { Words } from "./messages";

export const bn: Words = {
  silent: "সার্ভার সাড়া দিচ্ছে না। আপনার সংযোগ দেখে আবার চেষ্টা করুন।",
  unexplained: (status) => `সার্ভার কারণ না জানিয়ে ${status} উত্তর দিয়েছে। আবার চেষ্টা করুন।`,
  unread: "কথোপকথন আনা যায়নি। আবার চেষ্টা করুন।",
};
