import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "Sign in",
  lead: "Staff and customers use the same door.",
  email: "Email",
  password: "Password",
  show: "Show password",
  hide: "Hide password",
  submit: "Sign in",
  submitting: "Signing in…",
  emailMissing: "Write your email address.",
  passwordMissing: "Write your password.",
  later: (seconds: number) =>
    seconds < 90 ? `You can try again in ${seconds} s.` : `You can try again in ${Math.ceil(seconds / 60)} min.`,
  link: "Signing in with your link…",
  linkFailed: (why: string) => `The link did not work. ${why}`,
  already: (name: string) => `You are signed in as ${name}.`,
  toDesk: "Open the desk",
  toChat: "Open the chat",
  stuck: "Is the page not responding?",
  test: "Test the connection",
  slogan: "A payment is on your screen before the customer puts the phone down.",
  samples: "What the desk looks like",
  sample: {
    tahmid: { name: "Tahmid Rahman", service: "Post Surgery Care" },
    lamia: { name: "Lamia Khatun", service: "Elder Companionship" },
    nusrat: { name: "Nusrat Jahan", service: "Newborn Care" },
  },
};

export type Words = typeof en;
export const words = spoken(en, bn);
