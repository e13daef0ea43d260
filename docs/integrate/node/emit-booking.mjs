// CAREVIA_URL=… CAREVIA_EMIT_SECRET=… node emit-booking.mjs
import { emitBooking } from "./carevia.mjs";

const status = await emitBooking(
  process.env.CAREVIA_URL ?? "http://localhost:3000",
  {
    userId: "site-user-17",
    userEmail: "nusrat@example.com",
    userName: "Nusrat Jahan",
    serviceName: "Newborn Care",
    trackingId: "SITE-000017",
    amountPaid: "3000",
  },
  process.env.CAREVIA_EMIT_SECRET,
);
console.log(status === 409 ? "Carevia had it already" : "on the desk");
