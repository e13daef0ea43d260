import type { Words } from "./messages";

export const bn: Words = {
  now: "এখন",
  seconds: (n) => `${n} সে.`,
  minutes: (n) => `${n} মিনিট`,
  hours: (n) => `${n} ঘণ্টা`,
  ago: (age) => `${age} আগে`,
  kilobytes: (n) => `${n} কেবি`,
  megabytes: (n) => `${n} এমবি`,
};
