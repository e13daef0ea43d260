// CAREVIA_URL=… CAREVIA_JWT_SECRET=… node connect.mjs      (npm install socket.io-client)
import { io } from "socket.io-client";
import { mintToken } from "./carevia.mjs";

const staff = { id: "site-desk", role: "admin", name: "Site desk" };
const socket = io(process.env.CAREVIA_URL ?? "http://localhost:3000", {
  auth: (cb) => cb({ token: mintToken(staff, process.env.CAREVIA_JWT_SECRET) }), // a fresh one for every connection
});

socket.on("connect", () => console.log(socket.recovered ? "back, nothing missed" : "connected"));
socket.on("connect_error", (error) => {
  console.log(`refused: ${error.message}`);
  if (!socket.active) setTimeout(() => socket.connect(), 2000); // a refusal is final for the client, unless we try again
});
socket.on("reset", () => console.log("away for too long: load everything afresh"));
socket.on("customer_added", (booking) => console.log(`paid: ${booking.trackingId} ${booking.amountPaid} ${booking.currency}`));
