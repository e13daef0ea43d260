// Bengali letters are fetched with the first bytes of a Bengali page. English pages fetch them for the taka sign, later.
import noto from "@fontsource-variable/noto-sans-bengali/files/noto-sans-bengali-bengali-wght-normal.woff2?url";
import { language } from "@/lib/language";

if (language() === "bn") {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href: noto });
  document.head.append(link);
}
