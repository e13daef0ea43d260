import { expect, test } from "vitest";
import { bookingsSearch, paymentsSearch, query } from "./search";

test("an address gives the filters of the contract, and what does not fit is left out", () => {
  const given = {
    search: 17,
    sortby: "price_low",
    status: "paid",
    duration: "days",
    division: "all",
    page: "3",
    limit: 500,
  };
  expect(bookingsSearch(given)).toEqual({ search: "17", sortby: "price_low", duration: "days", page: 3 });
  expect(paymentsSearch({ status: "needs_look", page: 1.5, open: "p1" })).toEqual({ status: "needs_look", open: "p1" });
});

test("the same filters are the same list, whatever else stands in the address", () => {
  const all = "search=rima&sortby=oldest&status=booked&duration=days&caregiver=unassigned&division=Dhaka";
  expect(query(bookingsSearch(Object.fromEntries(new URLSearchParams(all).entries())))).toBe(all);
  expect(query({ division: "Dhaka", status: "booked" }, { page: 2 })).toBe("status=booked&division=Dhaka&page=2");
  expect(query(bookingsSearch({ page: 4, open: "CV-1" }))).toBe("");
});
