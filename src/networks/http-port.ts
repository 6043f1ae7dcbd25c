export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON body; undefined if there was none or it was no JSON. */
  readonly body: unknown;
}
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}
/** Where a network is reached by HTTP. Paths as in `/a/:b`. */
export interface HttpPort {
  route(method: 'GET' | 'PUT' | 'POST', path: string, handle: (request: HttpRequest) => Promise<HttpAnswer>): void;
}
