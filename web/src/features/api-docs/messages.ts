import { spoken } from "@/lib/language";
import { bn } from "./messages.bn";

const en = {
  title: "API description",
  raw: "openapi.json",
  lead: "Every address of the server, what it takes and what it answers. The same as a file:",
  failed: (why: string) => `The description did not load. ${why}`,
  contents: "Contents",
  parameters: "Parameters",
  body: "Request body",
  answers: "Answers",
  required: "required",
  nothing: "no body",
  other: "Addresses",
};

export type Words = typeof en;
export const words = spoken(en, bn);
