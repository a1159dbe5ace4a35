// Types for the examples of the packages: they import nothing else from here, and nothing at run time.
export type { Dataset, Labelled, Split } from "./datasets/index.ts";
export type { Example, ExampleContext, ExampleResult } from "./example.ts";
export type { Figure } from "./figures/index.ts";
