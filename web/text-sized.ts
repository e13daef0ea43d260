// The sheets say px, as the designs do; what is built says them as parts of the text size that the reader has chosen in
// the browser. So all of a page, and the widths at which it changes its shape, follows that choice as it follows the zoom:
// no row is too low for its letters. Only a hairline stays one.
const USUAL = 16;
const PX = /(?<![\w.#-])(-?\d*\.?\d+)px\b/g;

export function inRem(css: string): string {
  return css.replace(PX, (said, px) => (Math.abs(px) <= 1 ? said : `${px / USUAL}rem`));
}

interface Sheet {
  walkDecls: (look: (rule: { value: string }) => void) => void;
  walkAtRules: (look: (rule: { params: string }) => void) => void;
}

/** For PostCSS. */
export const textSized = {
  postcssPlugin: "text-sized",
  OnceExit(sheet: Sheet) {
    sheet.walkDecls((rule) => {
      if (!rule.value.includes("url(")) rule.value = inRem(rule.value);
    });
    sheet.walkAtRules((rule) => {
      rule.params = inRem(rule.params);
    });
  },
};
