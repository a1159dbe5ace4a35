/** What {@link check} is made of: a module of its own, so that only the main entry makes an object of it. */
export * from "./check.ts";
