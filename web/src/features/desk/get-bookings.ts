// GET /api/booking: the newest bookings, first page.
import { request } from "@/lib/api/http";

export interface Booking {
  _id: string;
  trackingId: string;
  userId: string;
  userName: string;
  userEmail: string;
  serviceName: string;
  date: string;
  slot: string;
  durationType: string;
  quantity: number;
  division: string;
  district: string;
  address: string;
  paymentOption: string;
  totalPrice: string;
  amountPaid: string;
  dueAmount: string;
  amountRefunded: string;
  currency: string;
  caregiver: string | null;
  status: string;
  paymentStatus: "paid" | "partly_refunded" | "refunded" | "disputed" | "charged_back";
  source: string;
  needsLook: boolean;
  createdAt: string;
}

interface Page {
  bookings: Booking[];
  totalPages: number;
  totalItems: number;
  currentPage: number;
}

export const PAGE = 50;

export async function getBookings(signal?: AbortSignal): Promise<Page> {
  return request<Page>(`/api/booking?page=1&limit=${PAGE}`, signal ? { signal } : {});
}
