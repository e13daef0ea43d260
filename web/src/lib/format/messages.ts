// How ages, lapses and sizes are written.
import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  now: "now",
  seconds: (n: string) => `${n} s`,
  minutes: (n: string) => `${n} min`,
  hours: (n: string) => `${n} h`,
  ago: (age: string) => `${age} ago`,
  kilobytes: (n: string) => `${n} kB`,
  megabytes: (n: string) => `${n} MB`,
};

export type Words = typeof en;
export const words = spoken(en, bn);
