import { expect, test } from "vitest";
import { ofWhom, toWhom } from "./endings";

test("whose something is: the ending goes by the last sound of the name", () => {
  expect(["মিতু বড়ুয়া", "রফিক হাসান", "Sumaiya", "Mitu", "Nusrat Jahan", "farhana@example.com"].map(ofWhom)).toEqual([
    "মিতু বড়ুয়ার",
    "রফিক হাসান-এর",
    "Sumaiya-র",
    "Mitu-র",
    "Nusrat Jahan-এর",
    "farhana@example.com-এর",
  ]);
});

test("whom somebody writes to: joined in Bengali, with a hyphen behind another script", () => {
  expect([toWhom("মিতু"), toWhom("Nusrat")]).toEqual(["মিতুকে", "Nusrat-কে"]);
});
