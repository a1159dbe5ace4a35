import type { Plugin } from "rolldown";

/** Other characters, which are in texts only, as escapes: engines hold and scan a file of ASCII in half the bytes. */
export const ascii: Plugin = {
  name: "ascii",
  renderChunk(code, _, __, { magicString }) {
    if (!magicString) return null;
    for (const { index } of code.matchAll(/[\u0080-\uffff]/g))
      magicString.overwrite(index, index + 1, `\\u${code.charCodeAt(index).toString(16).padStart(4, "0")}`);
    return { code: magicString };
  },
};
