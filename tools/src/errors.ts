/** Base class of the errors that the tools throw on purpose. Control characters become spaces, so that a message is one line. */
export class ToolError extends Error {
  override name = "ToolError";

  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(/\p{Cc}+/gu, " "), options);
  }
}

/** A file of a dataset is missing, damaged, or larger than allowed. */
export class DataError extends ToolError {
  override name = "DataError";
}

/** A command line, or a name on it, is wrong; the message tells what to give instead. */
export class UsageError extends ToolError {
  override name = "UsageError";
}

/** An example broke its contract, or threw. */
export class ExampleError extends ToolError {
  override name = "ExampleError";
}
