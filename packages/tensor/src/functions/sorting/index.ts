export { compress, extract, place } from "./extract.ts";
export { argwhere, flatnonzero, nonzero, type SizeOptions } from "./nonzero.ts";
export { digitize, type SearchOptions, searchsorted } from "./search.ts";
export { intersect1d, isin, setdiff1d, union1d } from "./sets.ts";
export { argpartition, argsort, lexsort, partition, type SortOptions, sort, topK } from "./sort.ts";
export { type Unique, unique, uniqueAll, uniqueCounts } from "./unique.ts";
