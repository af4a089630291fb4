/**
 * The canonical status codes that key calls end with, by name and by number.
 *
 * An audit entry shows the number (`protoPayload.status.code`), an error message the name; both are gRPC's, so
 * that a filter written for real entries finds simulated ones.
 */
export const STATUS_CODES = [
  { name: 'OK', code: 0, http: 200 },
  { name: 'INVALID_ARGUMENT', code: 3, http: 400 },
  { name: 'DEADLINE_EXCEEDED', code: 4, http: 504 },
  { name: 'NOT_FOUND', code: 5, http: 404 },
  { name: 'PERMISSION_DENIED', code: 7, http: 403 },
  { name: 'RESOURCE_EXHAUSTED', code: 8, http: 429 },
  { name: 'FAILED_PRECONDITION', code: 9, http: 400 },
  { name: 'UNAVAILABLE', code: 14, http: 503 },
] as const satisfies readonly { name: string; code: number; http: number }[];

export type StatusCode = (typeof STATUS_CODES)[number]['name'];

/** The number gRPC and the audit log give to a status. */
export const statusNumber = (name: StatusCode): number => STATUS_CODES.find((row) => row.name === name)!.code;
