/** Base class of every error that Gradus throws on purpose; `message` is one line that names operation, argument and remedy. */
export class GradusError extends Error {
  override name = "GradusError";
}
/** Shapes, ranks or axes do not fit. */
export class ShapeError extends GradusError {
  override name = "ShapeError";
}
/** A dtype is unknown, or not accepted by the operation. */
export class DTypeError extends GradusError {
  override name = "DTypeError";
}
/** An argument is missing, of the wrong kind, unknown, or outside its range. */
export class ArgumentError extends GradusError {
  override name = "ArgumentError";
}
/** A tensor was used after `dispose()`, `using`, `tidy` or donation released it. */
export class DisposedError extends GradusError {
  override name = "DisposedError";
}
/** The value of a traced placeholder was asked for, or a placeholder left its trace. */
export class TraceError extends GradusError {
  override name = "TraceError";
}
/** Differentiation is impossible: an integer argument, a non-scalar loss, or a tensor that the result does not depend on. */
export class GradientError extends GradusError {
  override name = "GradientError";
}
/** `debugNaNs(true)` met the first non-finite value. */
export class NonFiniteError extends GradusError {
  override name = "NonFiniteError";
}
/** The backend cannot hold what a plan needs. */
export class OutOfMemoryError extends GradusError {
  override name = "OutOfMemoryError";
}
/** A backend is missing, unsuitable, or was lost. */
export class BackendError extends GradusError {
  override name = "BackendError";
}
/** A file is damaged, hostile, of another format, beyond a limit, or cannot be read or written; control characters in its names become spaces. */
export class FileError extends GradusError {
  override name = "FileError";

  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(/[\p{Cc}\u2028\u2029]+/gu, " "), options);
  }
}
