import { BackendError, NonFiniteError, OutOfMemoryError } from "@gradus/tensor";

/** What went wrong and what to do, for people. */
export function inWords(e: unknown, where: string): string {
  const { message } = e instanceof Error ? e : new Error(String(e));
  const kept = "What was learnt up to the last test is kept: press Start to go on, or choose another place first.";
  if (e instanceof OutOfMemoryError)
    return `${where} ran out of memory. Try fewer images per step, or close other tabs. ${kept} (${message})`;
  if (e instanceof BackendError && /\blost\b|destroyed/.test(message))
    return `${where} was lost: the driver was reset, or the browser took the device away. ${kept} (${message})`;
  if (e instanceof BackendError) return `${where} refused the work. ${kept} (${message})`;
  if (e instanceof NonFiniteError)
    return `The numbers overflowed. Choose a smaller learning rate and reset. (${message})`;
  return `Something went wrong on ${where}: ${message}`;
}

/** What is said when a backend does not start. */
export const noStart = (e: unknown, where: string): string =>
  `${where} does not start here: ${e instanceof Error ? e.message : e}`;

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 12,345 */
export const count = (n: number): string => whole.format(n);
/** Images per second. */
export const perSecond = (rate: number): string => `${rate < 10 ? rate.toFixed(1) : count(rate)} images/s`;
/** 97.4 % */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
