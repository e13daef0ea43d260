export const words = {
  title: "Chat",
  support: "Carevia Support",
  write: "Write a message",
  signInFirst: "Sign in to write to Carevia Support and to see your conversation.",
  staff: "This is the customers' side of the chat. You are signed in as staff: your conversations are on the desk.",
  signIn: "Sign in",
  toDesk: "Open the desk",
} as const;
